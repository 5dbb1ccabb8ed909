"""Native chatter stays off the terminal; Python's own errors and the reasons of failures do not get lost."""

import os
import subprocess
import sys
import textwrap

import pytest

from extractors.quiet import quiet_native_stderr


def test_what_native_code_writes_is_held_back_and_can_be_read(capfd):
    with quiet_native_stderr() as notes:
        os.write(2, b"W0000 first\nI0000 second\n")
        assert notes.tail() == "W0000 first | I0000 second"
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_it_ends_with_an_error_too(capfd):
    with pytest.raises(ValueError, match="inner"), quiet_native_stderr():
        os.write(2, b"chatter")
        raise ValueError("inner")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_blocks_nest(capfd):
    with quiet_native_stderr() as outer:
        os.write(2, b"one ")
        with quiet_native_stderr() as inner:
            os.write(2, b"two")
            assert inner.tail() == "two"
        os.write(2, b"three")
        assert outer.tail() == "one three"
    assert capfd.readouterr().err == ""


def test_a_worker_sends_native_notes_to_its_log_and_keeps_python_errors(tmp_path):
    code = f"""
        import os, pathlib, sys
        from extractors.quiet import send_native_stderr_to
        send_native_stderr_to(pathlib.Path({str(tmp_path / "log")!r}))
        os.write(2, b"native\\n")
        print("python", file=sys.stderr)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert done.stderr == "python\n"
    assert (tmp_path / "log").read_text() == "native\n"
