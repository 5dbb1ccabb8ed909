import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.formats import mmsa
from pipeline.formats.mmsa import converted_folder, read_mmsa
from tests.pipeline.mmsa_files import mmsa_content, write_mmsa


@pytest.fixture
def content() -> dict[str, dict[str, Any]]:
    return mmsa_content()


def test_samples_ids_labels_and_splits_are_read(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert len(data) == 24 and data.split_names == ("test", "train", "valid")
    first = data.clips[0]
    assert (first.clip_id, first.video_id, first.text, first.split) == ("train0$_$0", "train0", "word 0", "train")
    assert np.float32(first.targets["label"]) == content["train"]["regression_labels"][0]
    assert first.targets["annotation"] in ("Positive", "Negative")
    assert data.clips_in("valid") == tuple(range(12, 18))


def test_values_are_the_file_s_and_padding_is_marked(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    for row, at in ((0, 0), (5, 5)):
        values, real = data.modalities["audio"].sample(row)
        raw = content["train"]["audio"][at]
        length = content["train"]["audio_lengths"][at]
        assert real.tolist() == [True] * length + [False] * (10 - length)
        np.testing.assert_array_equal(values, raw.astype(np.float32))
        text, pieces = data.modalities["text"].sample(row)
        np.testing.assert_array_equal(text, content["train"]["text"][at])
        np.testing.assert_array_equal(pieces, content["train"]["text_bert"][at, 1] == 1)


def test_padding_on_the_left_is_found(tmp_path: Path) -> None:
    content = mmsa_content(left=True, lengths=(10, 20, 30))
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert data.notes["audio"]["padding"] == data.notes["face"]["padding"] == "left"
    for row in range(12):
        zero = ~content["train"]["audio"][row].any(axis=1)
        np.testing.assert_array_equal(data.modalities["audio"].sample(row)[1], ~zero)


def test_what_means_nothing_is_unknown_and_counted(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    audio = content["train"]["audio"]
    audio[0, 0, :4] = -np.inf, np.inf, np.nan, 1e30
    content["train"]["vision"][1, 1] = 0
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    found = {key: data.notes["audio"][key] for key in ("minus_inf", "plus_inf", "nan", "absurd")}
    assert found == {"minus_inf": 1, "plus_inf": 1, "nan": 1, "absurd": 1}
    values, real = data.modalities["audio"].sample(0)
    assert np.isnan(values[0, :4]).all() and np.isfinite(values[0, 4]) and real[0]
    assert data.notes["face"]["zero_rows"] == 1
    assert np.isnan(data.modalities["face"].sample(1)[0][1]).all()


def test_a_sample_without_any_value_of_a_modality_does_not_have_it(
    tmp_path: Path, content: dict[str, dict[str, Any]]
) -> None:
    content["train"]["vision"][3] = 0
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert data.modalities["face"].present.tolist() == [row != 3 for row in range(24)]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", ">f8", "int16"])
def test_any_numeric_dtype_is_read(tmp_path: Path, content: dict[str, dict[str, Any]], dtype: str) -> None:
    for part in content.values():
        part["audio"] = (part["audio"] * 10).astype(dtype)
        part["text_bert"] = part["text_bert"].astype("int64")
        part["regression_labels"] = list(part["regression_labels"])
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    np.testing.assert_array_equal(data.modalities["audio"].sample(0)[0], content["train"]["audio"][0].astype("f4"))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_converts_to_the_same(
    tmp_path: Path, content: dict[str, dict[str, Any]], protocol: int
) -> None:
    one = read_mmsa(write_mmsa(tmp_path / "x.pkl", content, protocol))
    two = read_mmsa(write_mmsa(tmp_path / "y.pkl", content, 4))
    for name in ("text", "audio", "face"):
        np.testing.assert_array_equal(one.modalities[name].values, two.modalities[name].values)


def test_a_second_reading_opens_what_the_first_converted(
    tmp_path: Path, content: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_mmsa(tmp_path / "x.pkl", content)
    first = read_mmsa(path)
    monkeypatch.setattr(mmsa, "read_array_pickle", lambda _: pytest.fail("read again"))
    assert read_mmsa(path).fingerprint() == first.fingerprint()


def test_another_file_of_that_name_is_converted_anew(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    path = write_mmsa(tmp_path / "x.pkl", content)
    first = read_mmsa(path)
    write_mmsa(path, mmsa_content(seed=1))
    os.utime(path, ns=(1, 1))
    assert read_mmsa(path).fingerprint() != first.fingerprint()


def test_the_cache_is_used_where_it_is_asked_for(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    path = write_mmsa(tmp_path / "x.pkl", content)
    read_mmsa(path, tmp_path / "cache")
    assert converted_folder(path, tmp_path / "cache").is_dir()
    assert not converted_folder(path).exists()


def test_a_published_file_is_recognised_by_its_sha256(
    tmp_path: Path, content: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_mmsa(tmp_path / "x.pkl", content)
    digest = read_mmsa(path).source_sha256
    assert digest is not None
    monkeypatch.setitem(mmsa.PUBLISHED, digest, "MOSI aligned_50")
    data = read_mmsa(path, tmp_path / "again")
    assert data.name == "MOSI aligned_50" and data.notes["published"] == "MOSI aligned_50"
    assert data.schema.origins["audio"] == "the COVAREP columns of CMU-MOSI"


def test_columns_are_named_after_the_layout(tmp_path: Path) -> None:
    content = mmsa_content(counts=(4, 2, 2), widths=(24, 5, 20))
    names = read_mmsa(write_mmsa(tmp_path / "x.pkl", content)).schema.names
    assert names["audio"][0] == "covarep_000" and names["face"][-1] == "facet_019"


def test_sims_brings_labels_of_each_modality(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    for part in content.values():
        for name in "TAV":
            part[f"regression_labels_{name}"] = part["regression_labels"] * 0.5
            part[f"classification_labels_{name}"] = part["classification_labels"]
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert {"label", "label_T", "label_A", "label_V", "class_T"} <= set(data.clips[0].targets)


def test_lengths_may_differ_between_modalities_and_splits(tmp_path: Path) -> None:
    content = mmsa_content(lengths=(10, 37, 50))
    content["test"] = mmsa_content(lengths=(10, 31, 50))["test"]
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert {len(data.modalities["audio"].sample(row)[0]) for row in range(24)} == {37, 31}


def test_files_without_a_modality_are_read(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    for part in content.values():
        del part["vision"], part["text"]
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert data.modalities["face"].width == 0 and data.modalities["text"].width == 0
    assert data.modalities["text"].present.all()


def test_labels_that_are_not_numbers_yet_are_left_out(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    content["test"]["regression_labels"][0] = np.nan
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert "label" not in data.clips[18].targets


def test_ids_that_occur_twice_are_told_apart(tmp_path: Path, content: dict[str, dict[str, Any]]) -> None:
    content["train"]["id"][1] = content["train"]["id"][0]
    data = read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert data.clips[1].clip_id == "train0$_$0#2" and data.notes["labels"]["duplicate_ids"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.clear(), "none of train, valid and test"),
        (lambda c: c["train"].update(audio=np.array(["a"] * 12)), r"train/audio is <U1 of shape \(12,\)"),
        (lambda c: c["train"].update(audio=c["train"]["audio"][:, :, :3]), "audio is not of one width"),
        (lambda c: c["train"].update(regression_labels=[1.0]), "train has 12 ids and 1 of label"),
        (lambda c: c["train"].update(vision=c["train"]["vision"][:5]), "24 ids, but samples: face 17"),
    ],
)
def test_what_is_not_in_the_layout_is_said(
    tmp_path: Path, content: dict[str, dict[str, Any]], change: Any, message: str
) -> None:
    change(content)
    with pytest.raises(UsageError, match=message):
        read_mmsa(write_mmsa(tmp_path / "x.pkl", content))
    assert [path.name for path in tmp_path.iterdir()] == ["x.pkl"]


def test_a_pickle_of_something_else_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(UsageError, match="holds a list"):
        read_mmsa(tmp_path / "x.pkl")


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_mmsa(tmp_path / "x.pkl")
