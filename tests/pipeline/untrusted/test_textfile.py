import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.untrusted.textfile import TextFileError, decode, read_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_usual_encodings_are_told_apart(encoding):
    assert decode("café, naïve".encode(encoding)) == "café, naïve"


def test_curly_quotes_of_windows_are_kept():
    assert decode("it’s".encode("cp1252")) == "it’s"


@settings(deadline=None, max_examples=100)
@given(st.binary(max_size=40))
def test_any_bytes_are_text_or_one_error(data):
    try:
        assert isinstance(decode(data), str)
    except TextFileError as error:
        assert "binary" in str(error)


def test_a_pipe_is_refused_and_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(TextFileError, match="no regular file"):
        read_text(tmp_path / "pipe")


def test_a_device_a_folder_and_nothing_are_refused(tmp_path):
    for path, reason in [
        ("/dev/zero", "no regular file"),
        (tmp_path, "no regular file"),
        (tmp_path / "x", "No such file"),
    ]:
        with pytest.raises(TextFileError, match=reason):
            read_text(path)


def test_a_file_beyond_the_limit_is_not_read(tmp_path):
    (tmp_path / "long.txt").write_bytes(b"x" * 5000)
    with pytest.raises(TextFileError, match="longer than 4 KiB"):
        read_text(tmp_path / "long.txt", 4096)
