"""Real decoding, real landmarks, real BERT, real alignment, on the sample clips."""

from dataclasses import replace

import av
import numpy as np
import pytest

from extractors.extraction import EXTRACTION_VERSION, ExtractionConfig, Extractor
from extractors.recognise import Recogniser, RecogniserConfig
from pipeline.aligned import AlignedClip
from pipeline.clip import Clip
from pipeline.errors import EmptyClipError, MediaError, PipelineError
from pipeline.pooling import PoolingConfig
from pipeline.stores.clipfile import pack
from pipeline.words import plain_transcript
from tests.extractors.tiny_whisper import tiny_whisper
from tests.pipeline.test_pooling import brute_force

ANNA = "anna$_$1"


def test_every_word_of_every_clip_is_there_in_order_and_in_time(extracted, sample_clips):
    for clip_id, clip in extracted.items():
        if isinstance(clip, PipelineError):
            continue
        transcript = sample_clips[clip_id].transcript
        assert [word.text for word in clip.words] == [word.text for word in transcript.words]
        starts = [word.start_s for word in clip.words]
        assert starts == sorted(starts) and clip.words[-1].end_s <= clip.duration_s + 1e-6
        assert all(word.end_s - word.start_s >= 0.0099 for word in clip.words)


def test_the_truncated_file_ends_in_a_reason_and_all_others_in_features(extracted):
    failed = {clip_id: error for clip_id, error in extracted.items() if isinstance(error, PipelineError)}
    assert list(failed) == ["broken$_$1"]
    assert isinstance(failed["broken$_$1"], MediaError) and len(str(failed["broken$_$1"]).splitlines()) == 1


@pytest.mark.parametrize(
    ("clip_id", "flags"),
    [
        ("silent$_$1", {"audio_missing", "proportional_times"}),
        ("slides$_$1", {"face_missing"}),
        ("storm$_$1", {"face_missing"}),
        ("duo$_$1", {"several_faces"}),
    ],
)
def test_what_is_missing_or_doubtful_is_flagged_and_masked(extracted, clip_id, flags):
    clip = extracted[clip_id]
    assert flags <= set(clip.flags)
    if "audio_missing" in flags:
        assert not clip.audio.mask.any() and not clip.native["audio"].mask.any()
    if "face_missing" in flags:
        assert not clip.face.mask.any() and len(clip.native["face"].times_s) > 0


def test_a_clean_clip_has_every_modality_in_every_row_and_no_flag_about_what_is_missing(extracted):
    clip = extracted[ANNA]
    assert clip.text.mask.all() and clip.audio.mask.all() and clip.face.mask.all()
    assert not {"audio_missing", "face_missing", "text_missing", "proportional_times"} & set(clip.flags)
    assert np.mean(clip.native["face"].mask) > 0.95


@pytest.mark.parametrize("clip_id", [ANNA, "bruno$_$2", "chloe$_$1"])
def test_every_pooled_value_equals_a_naive_computation_from_the_stored_tracks(extracted, clip_id):
    clip = extracted[clip_id]
    for modality in ("audio", "face"):
        rows, track = getattr(clip, modality), clip.native[modality]
        for column, name in enumerate(track.names):
            assert rows.names[column] == name
            for index, word in enumerate(clip.words):
                expected = brute_force(track, word, column, PoolingConfig())
                assert rows.valid[index, column] == (expected is not None)
                assert rows.values[index, column] == pytest.approx(expected or 0.0, rel=1e-4, abs=1e-4)


def test_extracting_again_after_other_clips_gives_the_same_bytes(extracted, extractor, sample_clips):
    extractor.extract(sample_clips["duo$_$1"])
    assert pack(extractor.extract(sample_clips[ANNA])) == pack(extracted[ANNA])


def remuxed(source_path, target_path, shift_s: int) -> None:
    """Copy both streams, with all timestamps later; Matroska keeps them as they are (MP4 would edit them away)."""
    with av.open(str(source_path)) as source, av.open(str(target_path), "w") as target:
        copies = {stream.index: target.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            if packet.dts is None:
                continue
            shift = round(shift_s / packet.time_base)
            packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
            packet.stream = copies[packet.stream.index]
            target.mux(packet)


@pytest.mark.parametrize("clip_id", [ANNA, "anna$_$3"])  # the second one's sound starts after its picture
def test_shifting_the_start_time_of_a_file_changes_nothing(extractor, sample_clips, tmp_path, clip_id):
    clip = sample_clips[clip_id]
    found = []
    for shift_s in (2, 9):
        path = tmp_path / f"{shift_s}.mkv"
        remuxed(clip.path, path, shift_s)
        found.append(extractor.extract(replace(clip, path=path)))
    before, after = found
    assert after.words == before.words
    for name in ("text", "audio", "face"):
        np.testing.assert_allclose(getattr(after, name).values, getattr(before, name).values, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(getattr(after, name).valid, getattr(before, name).valid)


def test_a_segment_of_a_file_is_its_own_clip_with_its_own_time_zero(extracted, extractor, sample_clips):
    whole = extracted[ANNA]
    cut_s = 1.0
    part = extractor.extract(Clip("part", sample_clips[ANNA].path, start_s=cut_s, end_s=whole.duration_s))
    assert part.duration_s == pytest.approx(whole.duration_s - cut_s, abs=0.1)
    assert part.native["audio"].times_s[0] < 0.05
    column = whole.native["audio"].names.index("level_dba")
    times_s, levels = whole.native["audio"].times_s, whole.native["audio"].values[:, column]
    expected = np.interp(cut_s + part.native["audio"].times_s[20:100], times_s, levels)
    same = np.corrcoef(expected, part.native["audio"].values[20:100, column])[0, 1]
    assert same > 0.98


def test_a_text_only_clip_has_its_words_and_says_the_rest_is_missing(extractor):
    clip = extractor.extract(Clip("said", None, plain_transcript("I loved it")))
    assert clip.text.mask.all() and not clip.audio.mask.any() and not clip.face.mask.any()
    assert clip.flags == ("audio_missing", "face_missing")
    assert {word.rung for word in clip.words} == {"untimed"}


def test_a_clip_without_transcript_is_aligned_on_windows_and_says_so(extractor, sample_clips):
    clip = extractor.extract(replace(sample_clips[ANNA], transcript=None))
    assert {word.rung for word in clip.words} == {"window"} and not clip.text.mask.any()
    assert "text_missing" in clip.flags and clip.audio.mask.all()


def test_a_configured_recogniser_writes_the_words_and_says_so(sample_clips, tmp_path):
    model = RecogniserConfig(model=str(tiny_whisper(tmp_path)), device="cpu")
    extractor = Extractor(ExtractionConfig(recogniser=model))
    wordless = replace(sample_clips[ANNA], transcript=None)
    clip = extractor.extract(wordless)
    assert clip.text.mask.any() and {word.rung for word in clip.words} != {"window"}
    assert "text_recognised" in clip.flags and "text_missing" not in clip.flags
    assert clip.provenance["fingerprint"] == extractor.fingerprint(wordless, clip.provenance["content_sha256"])
    assert extractor.recipe["models"]["recogniser"]


def test_a_recognised_clip_of_another_language_is_never_aligned_as_english(sample_clips, tmp_path, monkeypatch):
    monkeypatch.setattr(Recogniser, "language", lambda self, pieces: "de")
    model = RecogniserConfig(model=str(tiny_whisper(tmp_path)), device="cpu")
    clip = Extractor(ExtractionConfig(recogniser=model)).extract(replace(sample_clips[ANNA], transcript=None))
    assert clip.info.language == "de"
    assert {"text_recognised", "language_unsupported"} <= set(clip.flags)
    assert not {word.rung for word in clip.words} & {"strict", "wide", "open"}


def test_a_clip_in_a_language_that_the_recogniser_lacks_keeps_its_voice_and_face(sample_clips, tmp_path):
    model = RecogniserConfig(model=str(tiny_whisper(tmp_path)), device="cpu")
    wordless = replace(sample_clips[ANNA], transcript=None, language="gsw")
    clip = Extractor(ExtractionConfig(recogniser=model)).extract(wordless)
    assert {"text_missing", "language_unsupported"} <= set(clip.flags) and "text_recognised" not in clip.flags
    assert clip.audio.mask.any() and clip.face.mask.any() and {word.rung for word in clip.words} == {"window"}
    assert "'gsw'" in clip.provenance["quality"]["recogniser_problem"]


def test_a_clip_with_nothing_usable_says_so(extractor, tmp_path):
    silent = tmp_path / "grey.mp4"
    with av.open(str(silent), "w") as target:
        stream = target.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8))
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    with pytest.raises(EmptyClipError, match=r"'grey'.*nothing remains.*add a transcript"):
        extractor.extract(Clip("grey", silent))


def test_what_decides_the_features_decides_the_fingerprint_and_a_label_does_not(extractor, sample_clips):
    clip = sample_clips[ANNA]
    key = extractor.fingerprint(clip, "a" * 64)
    assert key == extractor.fingerprint(replace(clip, label="3", split="test"), "a" * 64)
    assert key != extractor.fingerprint(clip, "b" * 64)
    assert key != extractor.fingerprint(replace(clip, start_s=0.1), "a" * 64)
    assert key != extractor.fingerprint(replace(clip, transcript=plain_transcript("other")), "a" * 64)
    assert extractor.recipe["version"] == EXTRACTION_VERSION


def test_provenance_names_content_configuration_and_models(extracted):
    provenance = extracted[ANNA].provenance
    assert isinstance(extracted[ANNA], AlignedClip)
    assert len(provenance["content_sha256"]) == 64 and set(provenance["recipe"]["models"]) == {"text", "face"}
    assert "librosa" in provenance["libraries"] and provenance["recipe"]["config"]["text"]["model"] == "embedded"
