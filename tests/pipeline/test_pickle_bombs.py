"""Feature pickles of some kilobytes that unfold without end."""

import copy
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.formats import arraymachine, arraytree
from pipeline.formats.arraypickle import read_array_pickle
from pipeline.formats.mmsa import read_mmsa
from tests.pipeline.bombs import outcome
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa

linux = pytest.mark.skipif(sys.platform != "linux", reason="limits and counts memory as Linux does")
UNFOLDS = r"unfolds to more than \d+ values"


def laughs(depth: int = 40, leaf: Any = 0.0, kind: type = list) -> Any:
    found = kind([leaf])
    for _ in range(depth):
        found = kind([found, found])
    return found


def object_array(depth: int) -> Any:
    found = np.array([None, None], object)
    for _ in range(depth):
        outer = np.empty(2, object)
        outer[:] = [found, found]
        found = outer
    return found


@pytest.mark.parametrize("bomb", [laughs(), laughs(kind=tuple), [laughs(30)] * 40, object_array(40)])
def test_containers_that_hold_one_another_again_and_again_are_refused(tmp_path: Path, bomb: Any) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"train": bomb}))
    assert path.stat().st_size < 10_000
    with pytest.raises(UsageError, match=UNFOLDS):
        read_array_pickle(path)


def test_a_list_that_holds_itself_is_refused(tmp_path: Path) -> None:
    bomb: list[Any] = []
    bomb += [bomb, bomb]
    (tmp_path / "x.pkl").write_bytes(pickle.dumps(bomb))
    with pytest.raises(UsageError, match="holds itself"):
        read_array_pickle(tmp_path / "x.pkl")


@linux
@pytest.mark.parametrize("key", ["raw_text", "id", "regression_labels", "annotations", "audio", "text_bert"])
def test_a_feature_file_that_unfolds_is_refused_in_bounded_memory(tmp_path: Path, key: str) -> None:
    content = mmsa_content()
    content["train"][key] = [laughs()] * len(content["train"]["id"])
    path = write_mmsa(tmp_path / "x.pkl", content)
    said = outcome(path, "pipeline.formats.mmsa.read_mmsa(path)")
    assert said.startswith("refused") and "unfolds" in said
    assert [file.name for file in tmp_path.iterdir()] == ["x.pkl"]


REPEATED = {
    # one text of 60 KB in the memo, then: fetch it 100,000 times
    "encoded": b"X" + (60_000).to_bytes(4, "little") + b"a" * 60_000 + b"q\x00" + b"0]("
    + b"c_codecs\nencode\nh\x00X\x06\x00\x00\x00latin1\x86R" * 100_000 + b"e.",
    # objects of one list again and again
    "objects": b"](" + b"N" * 200_000 + b"eq\x000cnumpy\ndtype\nX\x02\x00\x00\x00O8\x85Rq\x01"
    b"0cnumpy.core.multiarray\n_reconstruct\nq\x030]("
    + (b"h\x03)R(K\x01M\xe8\x03K\xc8\x86h\x01\x89h\x00tb" * 50_000) + b"e.",
    # single values that are long texts
    "scalars": b"B" + (60_000).to_bytes(4, "little") + b"a" * 60_000
    + b"q\x000cnumpy\ndtype\nX\x06\x00\x00\x00S60000\x85Rq\x01"
    b"0cnumpy.core.multiarray\nscalar\nq\x020](" + b"h\x02h\x01h\x00\x86R" * 100_000 + b"e.",
}  # fmt: skip


@linux
@pytest.mark.parametrize("name", list(REPEATED))
def test_bytes_that_are_named_again_and_again_are_not_copied_without_end(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(b"\x80\x04" + REPEATED[name])
    said = outcome(path, "read_array_pickle(path)", "from pipeline.formats.arraypickle import read_array_pickle")
    assert "naming the same ones again and again" in said


def test_a_pickle_of_very_many_values_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arraymachine, "MAX_VALUES", 1000)
    path = tmp_path / "x.pkl"
    path.write_bytes(b"\x80\x04(" + b"]" * 4000 + b"l.")
    with pytest.raises(UsageError, match="more than 1000 values"):
        read_array_pickle(path)


@linux
def test_a_file_of_holes_is_not_read_into_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.pkl"
    with path.open("wb") as file:
        file.write(b"\x80\x04\x8d" + (1 << 36).to_bytes(8, "little"))
        file.truncate(1 << 37)
    said = outcome(path, "read_array_pickle(path)", "from pipeline.formats.arraypickle import read_array_pickle")
    assert "holds more than 1024 MB outside of arrays" in said


@pytest.mark.parametrize(
    "made",
    [
        b"cnumpy\ndtype\n" + pickle.dumps([("a", "f8")], 2)[2:-1] + b"\x85R.",
        b"cnumpy\ndtype\nX\x05\x00\x00\x00f8,f8\x85R.",
        b"]Q\x00.",
        pickle.dumps({((1,),): 2}, 2)[2:],
        b"S'a'*99\n.",
        b"S[[],[]]\n.",
    ],
)
def test_what_no_feature_file_needs_is_refused(tmp_path: Path, made: bytes) -> None:
    (tmp_path / "x.pkl").write_bytes(b"\x80\x02" + made)
    with pytest.raises(UsageError, match=r"x\.pkl"):
        read_array_pickle(tmp_path / "x.pkl")


@pytest.mark.parametrize("shape", [(2**40, 0, 5), (0, 50, 2**40), (2**40, 5, 0), (3, 2**40, 0), (0, 2**40, 7)])
def test_an_array_without_bytes_may_not_claim_rows_or_columns_without_end(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    content = mmsa_content()
    content["test"]["audio"] = np.zeros(shape, np.float32)
    with pytest.raises(UsageError, match=r"test/audio has shape .* at most"):
        read_mmsa(write_mmsa(tmp_path / "x.pkl", content))


def test_one_array_named_for_every_sample_is_refused_beyond_what_the_file_can_hold(tmp_path: Path) -> None:
    content = mmsa_content(counts=(2000, 4, 4))
    content["train"]["audio"] = [np.zeros((2000, 5))] * 2000
    with pytest.raises(UsageError, match="train/audio unfolds to more than the file can hold"):
        read_mmsa(write_mmsa(tmp_path / "x.pkl", content))


def test_one_text_named_for_every_sample_is_refused_beyond_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.formats import mmsa_records

    monkeypatch.setattr(mmsa_records, "MAX_CHARACTERS", 10_000)
    content = mmsa_content()
    content["train"]["raw_text"] = ["la" * 1000] * 12
    with pytest.raises(UsageError, match="more than 10000 characters"):
        read_mmsa(write_mmsa(tmp_path / "x.pkl", content))


@pytest.mark.parametrize("key", ["id", "raw_text", "regression_labels"])
@pytest.mark.parametrize("value", ["text", 7, {"a": 1}, np.float32(1), [{"a": 1}] * 12, [[{"a": 1}]] * 12])
def test_what_is_no_list_of_texts_is_said(tmp_path: Path, key: str, value: Any) -> None:
    content = mmsa_content()
    content["train"][key] = value
    with pytest.raises(UsageError, match=f"train/({key}|label) |ids and"):
        read_mmsa(write_mmsa(tmp_path / "x.pkl", content))


@pytest.mark.parametrize("value", [None, "text", 7, [], ["a"] * 12, [[["x"]]] * 12, [np.zeros((2, 3)), np.zeros(3)]])
def test_what_is_no_array_of_numbers_is_said(tmp_path: Path, value: Any) -> None:
    content = mmsa_content()
    content["train"]["audio"] = value
    with pytest.raises(UsageError, match=r"x\.pkl: (train/)?audio "):
        read_mmsa(write_mmsa(tmp_path / "x.pkl", content))


def test_lists_of_samples_are_read_as_arrays_are(tmp_path: Path) -> None:
    content = mmsa_content()
    listed = copy.deepcopy(content)
    for part in listed.values():
        part["audio"], part["vision"] = list(part["audio"]), part["vision"].tolist()
        part["id"] = [[name] for name in part["id"]]
    one, two = (read_mmsa(write_mmsa(tmp_path / f"{n}.pkl", c)) for n, c in enumerate((content, listed)))
    for modality in ("audio", "face"):
        np.testing.assert_array_equal(one.modalities[modality].values, two.modalities[modality].values)
    assert one.clips == two.clips


def test_word_pieces_that_are_not_those_of_the_text_are_said(tmp_path: Path) -> None:
    content = mmsa_content()
    content["valid"]["text_bert"] = content["valid"]["text_bert"][:, :, :-1]
    with pytest.raises(UsageError, match="each row of text must have its word piece"):
        read_mmsa(write_mmsa(tmp_path / "x.pkl", content))


def test_a_shared_row_of_padding_is_no_bomb() -> None:
    zeros = [0.0] * 50
    found = arraytree.finished([zeros] * 1000)
    assert len(found) == 1000 and found[0] is found[-1]
