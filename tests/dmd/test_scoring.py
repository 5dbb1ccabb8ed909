import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dmd.runs.checkpoint import TrainedRun, load_run
from dmd.scoring import ScoreRow, score_clips, score_dataset
from dmd.training import train_run
from pipeline.aligned import AlignedClip
from pipeline.dataset import dataset_from_clips
from pipeline.errors import EmptyClipError, FeatureMismatchError, PipelineError
from tests.dmd.quick import quick
from tests.dmd.synthetic import NAMES, Recipe, make_clip, make_clips, make_dataset


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    out = tmp_path_factory.mktemp("run") / "run"
    train_run(make_dataset(Recipe(clips=60, videos=20)), out, quick(seeds=2, epochs=12))
    return load_run(out)


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    out = tmp_path_factory.mktemp("classes") / "run"
    data = make_dataset(Recipe(clips=60, videos=20, classes=True))
    train_run(data, out, quick(task="classification", epochs=8))
    return load_run(out)


@pytest.fixture(scope="module")
def text_only(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    out = tmp_path_factory.mktemp("text") / "run"
    clips = [make_clip(n, Recipe(clips=60, videos=20), modalities=("text",)) for n in range(60)]
    train_run(dataset_from_clips(clips), out, quick(epochs=2))
    return load_run(out)


LONG = Recipe(words=12, segment_words=5, seed=7)


def whole_rows(rows: Iterator[ScoreRow]) -> dict[str, ScoreRow]:
    return {row.clip_id: row for row in rows if row.segment == "all"}


def test_a_clip_has_a_row_a_segment_and_one_for_all(run: TrainedRun) -> None:
    clip = make_clip(0, LONG)
    rows = list(score_clips(run, [clip]))
    assert [row.segment for row in rows] == [*map(str, range(len(clip.segments))), "all"]
    assert [row.text for row in rows[:-1]] == [
        " ".join(word.text for word in clip.words[s.first_word : s.end_word]) for s in clip.segments
    ]
    assert rows[-1].text == " ".join(word.text for word in clip.words)
    assert (rows[-1].start_s, rows[-1].end_s) == (clip.segments[0].start_s, clip.segments[-1].end_s)


def test_the_clip_is_the_mean_of_its_segments_weighted_by_rows(run: TrainedRun) -> None:
    clip = make_clip(0, LONG)
    *parts, whole = score_clips(run, [clip])
    rows = [segment.end_word - segment.first_word for segment in clip.segments]
    assert len(set(rows)) > 1
    assert whole.score == pytest.approx(np.average([part.score for part in parts], weights=rows), abs=1e-5)


def test_scores_follow_what_is_said_and_lie_in_the_label_range(run: TrainedRun) -> None:
    clips = [make_clip(n, Recipe(seed=9)) for n in range(40)]
    rows = whole_rows(score_clips(run, clips))
    scores = [rows[clip.clip_id].score for clip in clips]
    assert np.corrcoef(scores, [float(clip.info.label or 0) for clip in clips])[0, 1] > 0.7
    for row in rows.values():
        assert -3 <= row.score_low <= row.score <= row.score_high <= 3
        assert row.label == ("neutral" if abs(row.score) <= 0.5 else "positive" if row.score > 0 else "negative")
        assert row.task == "regression" and row.probabilities is None


def test_a_score_does_not_depend_on_what_is_scored_with_it(run: TrainedRun) -> None:
    clips = [make_clip(n, Recipe(seed=3, words=4 + n % 5)) for n in range(37)]
    together = whole_rows(score_clips(run, clips))
    for clip in (clips[0], clips[20], clips[36]):
        assert next(iter(whole_rows(score_clips(run, [clip])).values())) == together[clip.clip_id]


@pytest.mark.parametrize("kept", [("text",), ("audio",), ("face",), ("text", "face"), ("audio", "face")])
def test_any_modalities_carry_a_score_and_are_named(run: TrainedRun, kept: tuple[str, ...]) -> None:
    (row,) = whole_rows(score_clips(run, [make_clip(1, modalities=kept)])).values()
    assert row.modalities == kept
    assert np.isfinite(row.score)
    missing = {f"{m}_missing" for m in ("text", "audio", "face") if m not in kept}
    assert missing <= set(row.flags)


def test_a_clip_without_any_modality_of_the_model_is_a_failure(text_only: TrainedRun) -> None:
    failed: dict[str, PipelineError] = {}
    clips = [make_clip(0), make_clip(1, modalities=("audio",)), make_clip(2)]
    rows = whole_rows(score_clips(text_only, clips, failed.__setitem__))
    assert set(rows) == {clips[0].clip_id, clips[2].clip_id}
    message = str(failed[clips[1].clip_id])
    assert "has audio, and the model was trained with text alone; no score is given" in message
    assert ".txt or .srt file beside the clip" in message and "docs/words.md" in message
    with pytest.raises(EmptyClipError, match="no score is given"):
        list(score_clips(text_only, clips))


def test_a_text_only_model_says_so_in_every_row(text_only: TrainedRun, run: TrainedRun) -> None:
    rows = list(score_clips(text_only, make_clips()))
    assert all("text_only_model" in row.flags and row.modalities == ("text",) for row in rows)
    assert not any("text_only_model" in row.flags for row in score_clips(run, make_clips()))


def test_a_text_only_model_does_not_mind_other_audio_columns(text_only: TrainedRun) -> None:
    names = {**NAMES, "audio": tuple(f"other_{i}" for i in range(6))}
    assert list(score_clips(text_only, [make_clip(0, names=names)]))


def test_features_that_do_not_fit_are_refused_by_name(run: TrainedRun) -> None:
    names = {**NAMES, "audio": ("covarep_000", *NAMES["audio"][1:])}
    with pytest.raises(FeatureMismatchError, match=r"'v0\$_\$0'.*missing pitch_semitones, unknown covarep_000"):
        list(score_clips(run, [make_clip(0, names=names)]))


def test_a_clip_unlike_the_training_clips_is_out_of_domain(run: TrainedRun) -> None:
    clip = make_clip(0)
    strange = replace(clip, audio=replace(clip.audio, values=np.where(clip.audio.valid, clip.audio.values + 1e3, 0)))
    assert "out_of_domain" not in whole_rows(score_clips(run, [clip]))[clip.clip_id].flags
    assert "out_of_domain" in whole_rows(score_clips(run, [strange]))[clip.clip_id].flags


def test_a_transcript_written_otherwise_is_flagged(run: TrainedRun) -> None:
    def shouting(clip: AlignedClip) -> AlignedClip:
        return replace(clip, words=tuple(replace(word, text=word.text.upper()) for word in clip.words))

    clip = make_clip(0)
    assert "transcript_style_shift" not in whole_rows(score_clips(run, [clip]))[clip.clip_id].flags
    assert "transcript_style_shift" in whole_rows(score_clips(run, [shouting(clip)]))[clip.clip_id].flags


def test_classification_gives_the_likeliest_class_and_all_probabilities(classes: TrainedRun) -> None:
    for row in score_clips(classes, make_clips(Recipe(seed=5))):
        assert row.task == "classification" and row.probabilities is not None
        assert set(row.probabilities) == {"anger", "joy"}
        assert sum(row.probabilities.values()) == pytest.approx(1)
        assert row.score == row.probabilities[row.label] == max(row.probabilities.values())
        assert 0 <= row.score_low <= row.score <= row.score_high <= 1


def test_a_row_as_columns_is_plain(classes: TrainedRun) -> None:
    columns = next(iter(score_clips(classes, [make_clip(0, modalities=("text", "face"))]))).as_columns()
    assert list(columns) == [
        "clip_id", "segment", "start_s", "end_s", "text", "task", "score", "label", "probabilities",
        "score_low", "score_high", "modalities", "flags",
    ]  # fmt: skip
    assert columns["modalities"] == "text+face" and columns["flags"].startswith("audio_missing")
    assert set(json.loads(columns["probabilities"])) == {"anger", "joy"}


def test_a_dataset_scores_as_its_clips(run: TrainedRun) -> None:
    clips = make_clips(Recipe(seed=4))
    assert whole_rows(score_dataset(run, dataset_from_clips(clips))) == whole_rows(score_clips(run, clips))


def test_intervals_cover_new_clips(run: TrainedRun) -> None:
    clips = [make_clip(n, Recipe(seed=11)) for n in range(150)]
    rows = whole_rows(score_clips(run, clips))
    inside = [rows[c.clip_id].score_low <= float(c.info.label or 0) <= rows[c.clip_id].score_high for c in clips]
    assert np.mean(inside) > 0.75


def test_no_clip_gives_no_row(run: TrainedRun) -> None:
    assert list(score_clips(run, [])) == []


def test_saved_elsewhere_it_scores_the_same(run: TrainedRun, tmp_path: Path) -> None:
    run.save_pretrained(tmp_path / "saved")
    clips = make_clips(Recipe(clips=3, seed=2))
    assert list(score_clips(load_run(tmp_path / "saved"), clips)) == list(score_clips(run, clips))
