import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import UsageError
from pipeline.formats.arraypickle import read_array_pickle

PROTOCOLS = range(6)
CONTENT: dict[str, Any] = {
    "float": np.random.default_rng(0).normal(size=(80, 50, 8)).astype(np.float32),
    "small": np.arange(3.0),
    "fortran": np.asfortranarray(np.random.default_rng(1).normal(size=(50, 60, 5))),
    "big_endian": np.arange(20000, dtype=">f8"),
    "strings": np.array(["a", "längere"]),
    "objects": np.array(["q", 1.5, None], object),
    "slice": np.arange(200).reshape(10, 20)[:, ::3],
    "scalars": [np.float32(2.5), np.int64(-3), np.str_("hi")],
    "nested": (1, (2, {"z": np.zeros(2)}), [True, False, None]),
    "numbers": [0, 255, 256, 70000, -5, 2**70, -(2**40), 1.25],
    "text": "é \n ü",
    "shared": [[1]] * 2,
}


def same(one: Any, two: Any) -> bool:
    if isinstance(two, np.ndarray):
        return one.dtype == two.dtype and one.shape == two.shape and bool(np.all(one == two))
    if isinstance(two, dict):
        return set(one) == set(two) and all(same(one[key], two[key]) for key in two)
    if isinstance(two, list | tuple):
        return type(one) is type(two) and len(one) == len(two) and all(map(same, one, two))
    return bool(one == two) and type(one) is type(two)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_gives_what_pickle_gives(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(CONTENT, protocol))
    assert same(read_array_pickle(path), CONTENT)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_large_arrays_stay_in_the_file(tmp_path: Path, protocol: int) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(CONTENT, protocol))
    assert isinstance(read_array_pickle(path)["float"], np.memmap)


@settings(deadline=None, max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part) | st.tuples(part, part),
        max_leaves=20,
    ),
    st.sampled_from(PROTOCOLS),
)
def test_any_builtin_containers_come_back(
    tmp_path_factory: pytest.TempPathFactory, value: Any, protocol: int
) -> None:
    path = tmp_path_factory.mktemp("p") / "x.pkl"
    path.write_bytes(pickle.dumps(value, protocol))
    assert read_array_pickle(path) == value


class Calls:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.made = function, arguments

    def __reduce__(self) -> Any:
        return self.made


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("function", "named"),
    [
        (os.system, "system"),
        (eval, r"builtins\.eval|__builtin__\.eval"),
        (subprocess.Popen, r"\.Popen"),
        (np.load, r"numpy\S*\.load"),
        (getattr, r"\.getattr"),
    ],
)
def test_a_malicious_pickle_is_refused_by_what_it_tried_to_load(
    tmp_path: Path, protocol: int, function: Any, named: str
) -> None:
    path, touched = tmp_path / "x.pkl", tmp_path / "touched"
    path.write_bytes(pickle.dumps({"train": {"text": Calls(function, f"touch {touched}")}}, protocol))
    with pytest.raises(UsageError, match=rf"x\.pkl: refused: the pickle tries to load \S*({named})"):
        read_array_pickle(path)
    assert not touched.exists()


def test_the_old_way_to_load_a_class_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(b"(S'touch x'\nios\nsystem\n.")
    with pytest.raises(UsageError, match=r"tries to load os\.system"):
        read_array_pickle(path)


@pytest.mark.parametrize("code", [b"\x82\x01.", b"Pname\n.", b"]Q."])
def test_instructions_that_fetch_objects_from_elsewhere_are_refused(tmp_path: Path, code: bytes) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(b"\x80\x04" + code)
    with pytest.raises(UsageError, match="refused: the pickle uses the instruction"):
        read_array_pickle(path)


def test_an_allowed_name_is_no_callable_for_other_arguments(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(b"\x80\x02c_codecs\nencode\nX\x05\x00\x00\x00helloX\x04\x00\x00\x00zlib\x86R.")
    with pytest.raises(UsageError, match="a call that makes no array"):
        read_array_pickle(path)


def test_an_array_that_claims_more_than_it_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    good = pickle.dumps(np.zeros(40), 2)
    path.write_bytes(good.replace(b"K(\x85", b"K\xff\x85"))
    with pytest.raises(UsageError, match=r"shape \(255,\) needs 2040 bytes and has 320"):
        read_array_pickle(path)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 5000), st.integers(0, 255))
def test_damage_ends_in_one_error_or_in_data(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    content = bytearray(pickle.dumps({key: CONTENT[key] for key in ("small", "nested", "strings")}, 4))
    content[at % len(content)] = byte
    path = tmp_path_factory.mktemp("p") / "x.pkl"
    path.write_bytes(content)
    try:
        read_array_pickle(path)
    except UsageError as error:
        assert str(path) in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("length", [2**62, 2**40])
def test_a_length_beyond_all_memory_is_said_and_not_asked_for(tmp_path: Path, length: int) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(b"\x80\x04\x8d" + length.to_bytes(8, "little") + b"text.")
    with pytest.raises(UsageError, match=r"cut off"):
        read_array_pickle(path)


@pytest.mark.parametrize("keep", [0, 10, 5000, -1])
def test_a_file_that_is_cut_off_is_said(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps(CONTENT, 4)[:keep])
    with pytest.raises(UsageError, match=r"damaged or no pickle of arrays"):
        read_array_pickle(path)
