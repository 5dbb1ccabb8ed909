"""Folders in the layouts of the public data sets are read as what they are."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from dmd.training_config import ModelSettings, TrainingConfig
from pipeline.dataset import ModalityRows
from pipeline.datasets.splits import SplitConfig
from tests.benchmarks.__main__ import main
from tests.benchmarks.affect_sources import affect_source
from tests.benchmarks.modality_use import concordance, only, shuffle, use_of_modalities
from tests.dmd.synthetic import make_dataset

CLIP = Path(__file__).parents[2] / "data" / "Raw" / "anna" / "1.mp4"


def placed(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(CLIP, path)


def test_cremad(tmp_path):
    placed(tmp_path / "VideoFlash" / "1001_DFA_ANG_XX.flv")
    placed(tmp_path / "VideoFlash" / "1002_IEO_HAP_HI.flv")
    placed(tmp_path / "VideoFlash" / "notes.mp4")
    source = affect_source("cremad", tmp_path)
    assert [(clip.label, clip.speaker) for clip in source.clips] == [("anger", "1001"), ("happy", "1002")]
    assert source.task == "classification" and source.group == "speaker"
    assert source.clips[0].transcript.words[0].text == "don't"
    # intervals draw whole videos: an actor must be one
    assert [clip.video_id for clip in source.clips] == ["1001", "1002"]


def test_ravdess_takes_speech_with_sound_and_picture(tmp_path):
    for name in ("01-01-03-01-02-01-01", "02-01-03-01-02-01-01", "01-02-03-01-02-01-01", "01-01-08-02-01-02-24"):
        placed(tmp_path / f"Actor_{name[-2:]}" / f"{name}.mp4")
    source = affect_source("ravdess", tmp_path)
    assert [(clip.label, clip.speaker) for clip in source.clips] == [("happy", "01"), ("surprised", "24")]
    assert " ".join(word.text for word in source.clips[0].transcript.words) == "dogs are sitting by the door"


def test_meld_joins_tables_and_films(tmp_path):
    head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"
    rows = '1,"Oh, no!",Ross,sadness,negative,0,0\n2,Hi.,Monica,joy,positive,0,1\n'
    (tmp_path / "train_sent_emo.csv").write_text(head + rows, "utf-8")
    placed(tmp_path / "train_splits" / "dia0_utt0.mp4")
    source = affect_source("meld", tmp_path)
    (clip,) = source.clips
    assert (clip.label, clip.speaker, clip.video_id) == ("sadness", "Ross", "train dialogue 0")


def test_mosi_is_read_as_an_mmsa_folder(tmp_path):
    placed(tmp_path / "Raw" / "one" / "1.mp4")
    (tmp_path / "label.csv").write_text(
        "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode\none,1,hello,1.5,,,,Positive,train\n",
        "utf-8",
    )
    source = affect_source("mosi", tmp_path)
    (clip,) = source.clips
    assert source.task == "regression" and clip.label == "1.5" and clip.split is None and clip.video_id == "one"


@pytest.mark.parametrize("dataset", ["cremad", "ravdess", "meld", "mosi"])
def test_another_folder_is_refused_with_its_name(tmp_path, dataset):
    with pytest.raises(FileNotFoundError, match=f"in the layout of {dataset}"):
        affect_source(dataset, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "5 folds need at least 5 groups of clips; there are 1"),
     (("--folds", "2", "--modalities", "voice"), "--modalities: 'voice' is none of")],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_in_one_line_before_extraction(tmp_path, capsys, arguments, said):
    placed(tmp_path / "VideoFlash" / "1001_DFA_ANG_XX.flv")
    assert main(["affect", "--dataset", "cremad", str(tmp_path), *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_shuffled_rows_come_from_other_samples_and_keep_lengths():
    dataset = make_dataset()
    moved = shuffle(dataset, "face", np.random.default_rng(0)).modalities["face"]
    before = dataset.modalities["face"]
    assert isinstance(moved, ModalityRows) and np.array_equal(moved.offsets, before.offsets)
    same = [np.array_equal(moved.sample(at)[0], before.sample(at)[0]) for at in range(len(dataset))]
    assert not any(same)


def test_only_hides_the_other_modalities():
    kept = only(make_dataset(), ("audio",)).modalities
    assert kept["audio"].present.any()
    assert not kept["face"].present.any() and np.isnan(kept["face"].values).all()


def test_concordance_is_one_for_the_truth_and_less_for_a_shift():
    truth = np.linspace(-2, 2, 12)
    groups = [str(at // 2) for at in range(12)]
    assert concordance(truth, truth, groups)["ccc"] == pytest.approx(1.0)
    assert concordance(truth + 1, truth, groups)["ccc"] < 0.8


@pytest.mark.slow
def test_every_combination_is_trained_and_shuffling_costs_where_there_is_a_signal(tmp_path):
    config = TrainingConfig(
        seeds=1, epochs=2, tensorboard=False, splits=SplitConfig(by="video"),
        model=ModelSettings(width=8, heads=2, levels=1),
    )  # fmt: skip
    found = use_of_modalities(make_dataset(), ("audio", "face"), tmp_path, config, 2)
    assert list(found["combinations"]) == ["audio", "face", "audio+face"]
    for scores in found["combinations"].values():
        assert {"mae", "ccc", "ccc_low", "f1_non0"} <= set(scores["dmd"]) and "linear" in scores
    assert set(found["permuted"]) == {"audio", "face"} and "mae" in found["permuted"]["face"]
