"""Keep faces private: a process that looks at them cannot reach the network.

MediaPipe 1.x reports usage statistics: a minute after a model was loaded, and again when it is closed, a thread of
its native library looks up ``play.googleapis.com`` and, where that succeeds, posts to it over libcurl. No option
of the tasks switches this off (`host_environment`, `app_id` and `ca_bundle_path` were tried; the lookup stays), so
it is contained from outside, at two depths:

1. `refuse_native_uploads` gives libcurl a proxy of a scheme that it does not know. It then gives up before the
   name is looked up or a socket is connected. The variable is set in the C environment alone, where libcurl
   reads it; `os.environ`, and so Python code that does use the network, does not see it. It holds while any model
   is loaded, and is taken back (`allow_native_uploads`) after the last one has closed.
2. `forbid_network` asks the kernel (Linux: a seccomp filter) to refuse internet sockets to this process and all
   its children for good, whatever library asks. Worker processes, which never need the network, call this
   first thing.
"""

import ctypes
import errno
import platform
import struct
import sys
import threading

_REFUSING = {
    "https_proxy": "none://telemetry.invalid",
    # An exception for every host ("*") in the user's environment would undo the above.
    "no_proxy": "none.invalid",
}

_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_SET_MODE_FILTER = 1
_SECCOMP_FILTER_FLAG_TSYNC = 1
_AF_INET, _AF_INET6 = 2, 10
# Classic BPF over `struct seccomp_data {int nr; u32 arch; u64 ip; u64 args[6];}`.
_LOAD_WORD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
# machine -> (AUDIT_ARCH_*, number of socket(2), number of seccomp(2)), from the kernel's syscall tables
_SYSCALLS = {"x86_64": (0xC000003E, 41, 317), "aarch64": (0xC00000B7, 198, 277)}


_turn = threading.Lock()
_before: list[dict[str, str | None]] = []
"""What the variables were, once for every call of `refuse_native_uploads` that was not taken back."""


def refuse_native_uploads() -> None:
    """Make native libcurl transfers of this process fail before they look up a name.

    Child processes started without an environment of their own inherit it: pass them ``env=dict(os.environ)`` if
    they use the network. On Windows nothing is done: libcurl reads another copy of the environment there.
    """
    with _turn:
        _before.append({name: _c_environment(name) for name in _REFUSING})
        for name, value in _REFUSING.items():
            _set_c_environment(name, value)


def allow_native_uploads() -> None:
    """Take one `refuse_native_uploads` back; after the last one the C environment is what it was before the first.

    Raises
    ------
    RuntimeError
        None was left to take back.
    """
    with _turn:
        if not _before:
            raise RuntimeError("allow_native_uploads was called more often than refuse_native_uploads")
        was = _before.pop()
        if not _before:
            for name, value in was.items():
                _set_c_environment(name, value)


def forbid_network() -> bool:
    """Refuse internet sockets to this process, its threads and its children, for good.

    ``socket(2)`` for IPv4 and IPv6 fails with EACCES from here on; pipes, files, Unix sockets and sockets that
    are open already go on.

    Returns
    -------
    bool
        True where the kernel enforces it; False on systems without seccomp (macOS, Windows, other machines,
        a sandbox that has no such call), where `refuse_native_uploads` alone stands.
    """
    refuse_native_uploads()
    known = _SYSCALLS.get(platform.machine())
    if not sys.platform.startswith("linux") or known is None:
        return False
    arch, socket_number, seccomp_number = known
    libc = ctypes.CDLL(None, use_errno=True)
    program = _filter(arch, socket_number)
    code = ctypes.create_string_buffer(program)
    # struct sock_fprog {unsigned short len; struct sock_filter *filter;}
    descriptor = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    # TSYNC: threads that libraries have started already are covered too.
    set_filter, sync = ctypes.c_long(_SECCOMP_SET_MODE_FILTER), ctypes.c_long(_SECCOMP_FILTER_FLAG_TSYNC)
    outcome: int = libc.syscall(ctypes.c_long(seccomp_number), set_filter, sync, descriptor)
    return outcome == 0


def _c_environment(name: str) -> str | None:
    if sys.platform == "win32":
        return None
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    value: bytes | None = libc.getenv(name.encode())
    return None if value is None else value.decode("utf-8", "surrogateescape")


def _set_c_environment(name: str, value: str | None) -> None:
    if sys.platform == "win32":
        return
    libc = ctypes.CDLL(None)
    if value is None:
        libc.unsetenv(name.encode())
    else:
        libc.setenv(name.encode(), value.encode("utf-8", "surrogateescape"), 1)


def _filter(arch: int, socket_number: int) -> bytes:
    """Return the BPF program: refuse socket(AF_INET | AF_INET6, ...), allow all else."""
    steps = (
        (_LOAD_WORD, 0, 0, _ARCH_AT),
        (_JUMP_IF_EQUAL, 0, 6, arch),
        (_LOAD_WORD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_EQUAL, 0, 4, socket_number),
        (_LOAD_WORD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_EQUAL, 1, 0, _AF_INET),
        (_JUMP_IF_EQUAL, 0, 1, _AF_INET6),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    )
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
