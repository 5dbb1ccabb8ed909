"""Media file: open a stranger's file without trusting its name, its format or its size."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from pipeline.errors import MediaError

FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,ape,apng,asf,au,avi,caf,dsf,dts,dv,eac3,flac,flv,gif,h261,h263,h264,hevc,iamf,"
    "ivf,jpeg_pipe,loas,m4v,matroska,mjpeg,mov,mp3,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,png_pipe,rm,tta,vc1,voc,"
    "w64,wav,webm,webp_pipe,wtv,wv,yuv4mpegpipe"
)
"""Demuxers that may read a file. Those that open further files or devices by name (concat, hls, dash, image2,
sdp, lavfi, ...) are not among them."""
MAX_STREAMS = 64


@contextmanager
def open_media(path: Path, max_pixels: int) -> Iterator[InputContainer]:
    """Open a media file for reading; nothing but this one regular file is ever opened.

    Parameters
    ----------
    path : Path
    max_pixels : int
        Pictures of more pixels are not decoded.

    Raises
    ------
    MediaError
        If it is no regular file, is empty, cannot be read, or is not media.
    """
    check_regular_file(path)
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": FORMATS,
        "max_streams": str(MAX_STREAMS),
        "max_pixels": str(max_pixels),
    }
    logs: list[tuple[int, str, str]] = []
    try:
        with _reasons(logs):
            container = av.open(
                "file:" + os.fspath(path.absolute()), metadata_errors="replace", options=options, mode="r"
            )
    except (av.FFmpegError, ValueError, OSError) as error:
        raise MediaError(_why_not(path, error, logs)) from None
    try:
        yield container
    finally:
        container.close()


def check_regular_file(path: Path) -> os.stat_result:
    """Return the file's status; refuse whatever is not a readable regular file with something in it.

    Raises
    ------
    MediaError
    """
    name = repr(os.fspath(path))
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise MediaError(f"{name}: cannot be opened ({reason}); correct the path") from None
    if not stat.S_ISREG(status.st_mode):
        raise MediaError(f"{name}: is {_kind(status.st_mode)}, not a file; give a media file")
    if status.st_size == 0:
        raise MediaError(f"{name}: is empty (0 bytes); copy it again from its source")
    if not os.access(path, os.R_OK):
        raise MediaError(f"{name}: may not be read by this user; change its permissions")
    return status


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a directory", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")


@contextmanager
def _reasons(logs: list[tuple[int, str, str]]) -> Iterator[None]:
    """Collect what FFmpeg says on errors while a file is opened; nothing reaches the terminal."""
    level, skips = av.logging.get_level(), av.logging.get_skip_repeated()
    av.logging.set_level(av.logging.ERROR)
    # Otherwise the second file that fails for the same reason in a process would fail for no reason.
    av.logging.set_skip_repeated(False)
    try:
        with av.logging.Capture() as captured:
            yield
    finally:
        av.logging.set_level(level)
        av.logging.set_skip_repeated(skips)
        logs.extend(captured)


def _why_not(path: Path, error: Exception, logs: list[tuple[int, str, str]]) -> str:
    name = repr(os.fspath(path))
    said = [" ".join(message.split()) for level, _, message in logs if level <= av.logging.ERROR]
    if any("moov atom not found" in message for message in said):
        return f"{name}: its index (moov) is missing, the file is truncated; copy it again or export it again"
    if any("whitelist" in message for message in said):
        return f"{name}: is a playlist or of a format that is not read; convert it to mp4"
    reason = said[-1] if said else getattr(error, "strerror", None) or str(error)
    return f"{name}: cannot be read as media ({reason}); it is damaged or no media file: convert it or leave it out"
