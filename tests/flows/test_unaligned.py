from pathlib import Path

from extractors.wordtiming import WordTimingConfig
from flows.unaligned import unaligned
from pipeline.clip import Clip
from pipeline.words import Transcript, TranscriptWord, plain_transcript

MEDIA = Path("a.mp4")


def test_what_cannot_be_aligned_is_said_once_a_language_with_what_helps() -> None:
    clips = [
        *(Clip(f"de{number}", MEDIA, plain_transcript("ja", "de"), language="de") for number in range(2)),
        Clip("tlh", MEDIA, plain_transcript("Qapla'", "tlh"), language="tlh"),
        Clip("en", MEDIA, plain_transcript("yes"), language="en-GB"),
    ]
    klingon, *rest = sorted(unaligned(clips, WordTimingConfig()), key=lambda line: "tlh" not in line)
    assert "1 clip in 'tlh'" in klingon and "words.aligners" in klingon
    assert len(rest) == 1 and "2 clips in 'de'" in rest[0] and "dmd models fetch aligner-de" in rest[0]


def test_a_configured_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    clips = [Clip("de", MEDIA, plain_transcript("ja", "de"), language="de")]
    [line] = unaligned(clips, WordTimingConfig(aligners={"de": str(tmp_path / "nothing")}))
    assert str(tmp_path / "nothing") in line and "words.aligners" in line
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert not list(unaligned(clips, WordTimingConfig(aligners={"de": str(tmp_path)})))


def test_words_that_need_no_aligner_are_not_complained_of() -> None:
    timed = Transcript((TranscriptWord("ja", 0.0, 1.0),), "de")
    clips = [
        Clip("given", MEDIA, timed, language="de"),
        Clip("text", None, plain_transcript("ja", "de"), language="de"),
        Clip("silent", MEDIA, language="de"),
    ]
    assert not list(unaligned(clips, WordTimingConfig()))
