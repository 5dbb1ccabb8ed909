"""A process that looks at faces cannot reach the network."""

import os
import shutil
import subprocess
import sys
import textwrap

import pytest

LANDMARKER = """
    import numpy as np
    from extractors.face import FaceExtractor
    extractor = FaceExtractor()
    with extractor.start() as session:
        for frame in range(5):
            session.add(np.zeros((64, 64, 3), np.uint8), frame / 25)
        session.finish(None)
    extractor.close()
"""


def run(code, *before):
    command = [*before, sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="seccomp is of Linux")
def test_a_contained_process_and_its_threads_and_children_get_no_internet_socket():
    done = run("""
        import socket, subprocess, sys, threading
        from extractors.containment import forbid_network
        begin, seen = threading.Event(), []
        def older():
            begin.wait()
            try:
                socket.socket()
            except PermissionError:
                seen.append("older thread")
        thread = threading.Thread(target=older)
        thread.start()
        enforced = forbid_network()
        begin.set()
        thread.join()
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                socket.socket(family)
            except PermissionError:
                seen.append(family.name)
        child = subprocess.run([sys.executable, "-c", "import socket; socket.socket()"], capture_output=True)
        seen.append("child" if child.returncode else "-")
        print(enforced, *seen)
    """)
    if done.stdout.startswith("False"):
        pytest.skip("this kernel or sandbox has no seccomp")
    assert done.stdout.split() == ["True", "older", "thread", "AF_INET", "AF_INET6", "child"], done.stderr


def test_a_contained_process_still_talks_to_its_parent():
    done = run("""
        import multiprocessing, socket
        from extractors.containment import forbid_network
        forbid_network()
        left, right = socket.socketpair()
        left.send(b"x")
        here, there = multiprocessing.Pipe()
        here.send("y")
        print(right.recv(1).decode() + there.recv())
    """)
    assert done.stdout.strip() == "xy", done.stderr


def test_refusing_native_uploads_leaves_python_alone_and_is_taken_back():
    done = run("""
        import ctypes, os
        from extractors.containment import allow_native_uploads, refuse_native_uploads
        libc = ctypes.CDLL(None)
        libc.getenv.restype = ctypes.c_char_p
        def seen():
            return libc.getenv(b"https_proxy"), os.environ["https_proxy"], libc.getenv(b"no_proxy")
        os.environ["https_proxy"] = "http://mine:8080"
        before = seen()
        refuse_native_uploads()
        refuse_native_uploads()
        during = seen()
        allow_native_uploads()
        still = seen()
        allow_native_uploads()
        print(before == seen(), during == still, during[0].decode().split(":")[0], during[1])
    """)
    assert done.stdout.split() == ["True", "True", "none", "http://mine:8080"], done.stderr


def test_taking_back_too_often_is_an_error():
    from extractors.containment import allow_native_uploads, refuse_native_uploads

    refuse_native_uploads()
    allow_native_uploads()
    done = run("from extractors.containment import allow_native_uploads\nallow_native_uploads()")
    assert "more often than" in done.stderr


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_landmarker_asks_no_name_server_even_outside_a_worker(tmp_path):
    log = tmp_path / "calls"
    done = run(
        LANDMARKER + "\n    import time; time.sleep(1)",
        "strace",
        "-f",
        "-e",
        "trace=connect,sendto,sendmmsg",
        "-o",
        log,
    )
    if not log.exists() or "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    calls = [line for line in log.read_text().splitlines() if "sin_port" in line or "googleapis" in line]
    assert calls == []


def test_a_landmarker_works_in_a_contained_process_and_prints_nothing():
    done = run("from extractors.containment import forbid_network\nforbid_network()\n" + textwrap.dedent(LANDMARKER))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
