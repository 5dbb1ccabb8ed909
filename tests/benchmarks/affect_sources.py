"""The public affect data sets as folders on disk: their files, labels and speakers become clips.

Layouts, as the data sets are given out:

- CREMA-D: `VideoFlash/1001_DFA_ANG_XX.flv` (or .mp4): actor, sentence, emotion, level; acted in fixed sentences.
- RAVDESS: `Actor_01/01-01-03-01-02-01-01.mp4`: modality, channel, emotion, intensity, statement, repetition, actor.
  Files with sound and picture (modality 01) of speech (channel 01) are read.
- MELD: `train_sent_emo.csv` and so on beside `train_splits/dia0_utt0.mp4` (dev: `dev_splits_complete`, test:
  `output_repeated_splits_test`).
- CMU-MOSI: `label.csv` and `Raw/VIDEO/CLIP.mp4`, as MMSA-FET has it; scores of -3 to 3.
"""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pipeline.clip import Clip
from pipeline.sources import read_source
from pipeline.words import plain_transcript

MEDIA = (".mp4", ".flv", ".mkv", ".avi", ".mov")
CREMAD_EMOTIONS = {"ANG": "anger", "DIS": "disgust", "FEA": "fear", "HAP": "happy", "NEU": "neutral", "SAD": "sad"}
CREMAD_SENTENCES = {
    "IEO": "it's eleven o'clock", "TIE": "that is exactly what happened", "IOM": "I'm on my way to the meeting",
    "IWW": "I wonder what this is about", "TAI": "the airplane is almost full",
    "MTI": "maybe tomorrow it will be cold", "IWL": "I would like a new alarm clock",
    "ITH": "I think I have a doctor's appointment",
    "DFA": "don't forget a jacket", "ITS": "I think I've seen this before", "TSI": "the surface is slick",
    "WSI": "we'll stop in a couple of minutes",
}  # fmt: skip
RAVDESS_EMOTIONS = {
    "01": "neutral", "02": "calm", "03": "happy", "04": "sad", "05": "angry", "06": "fearful", "07": "disgust",
    "08": "surprised",
}  # fmt: skip
RAVDESS_STATEMENTS = {"01": "kids are talking by the door", "02": "dogs are sitting by the door"}
MELD_FOLDERS = {
    "train": ("train_splits",),
    "dev": ("dev_splits_complete", "dev_splits"),
    "test": ("output_repeated_splits_test", "test_splits"),
}


@dataclass(frozen=True, slots=True)
class AffectSource:
    """A data set's clips, and how they are to be judged."""

    task: Literal["regression", "classification"]
    clips: tuple[Clip, ...]
    group: Literal["speaker", "video"]
    """What no two folds share."""


def affect_source(dataset: str, folder: Path) -> AffectSource:
    """Return the clips of a data set.

    Raises
    ------
    FileNotFoundError
        The folder does not hold that layout.
    """
    reader, task, group = LOADERS[dataset]
    clips = tuple(sorted(reader(folder), key=lambda clip: clip.clip_id))
    if not clips:
        raise FileNotFoundError(
            f"{folder}: holds no clip in the layout of {dataset}; tests/benchmarks/affect_sources.py states it"
        )
    return AffectSource(task, clips, group)


def _cremad(folder: Path) -> Iterator[Clip]:
    for path in _media(folder):
        parts = path.stem.split("_")
        if len(parts) == 4 and parts[1] in CREMAD_SENTENCES and parts[2] in CREMAD_EMOTIONS:
            yield _acted(path, CREMAD_SENTENCES[parts[1]], CREMAD_EMOTIONS[parts[2]], parts[0])


def _ravdess(folder: Path) -> Iterator[Clip]:
    for path in _media(folder):
        parts = path.stem.split("-")
        if len(parts) == 7 and parts[:2] == ["01", "01"] and parts[2] in RAVDESS_EMOTIONS:
            yield _acted(path, RAVDESS_STATEMENTS[parts[4]], RAVDESS_EMOTIONS[parts[2]], parts[6])


def _meld(folder: Path) -> Iterator[Clip]:
    for split, folders in MELD_FOLDERS.items():
        table = folder / f"{split}_sent_emo.csv"
        if not table.is_file():
            continue
        with table.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                name = f"dia{row['Dialogue_ID']}_utt{row['Utterance_ID']}"
                path = next((found for each in folders if (found := folder / each / f"{name}.mp4").is_file()), None)
                if path is not None:
                    yield Clip(
                        clip_id=f"{split}_{name}",
                        path=path,
                        transcript=plain_transcript(row["Utterance"]),
                        label=row["Emotion"],
                        speaker=row["Speaker"],
                        video_id=f"{split} dialogue {row['Dialogue_ID']}",
                    )


def _mosi(folder: Path) -> Iterator[Clip]:
    if (folder / "label.csv").is_file():
        for clip in read_source(folder).clips:
            yield replace(clip, split=None)


def _acted(path: Path, sentence: str, emotion: str, actor: str) -> Clip:
    """An actor's clips are one video: intervals draw whole videos, and no clips of one actor are independent."""
    return Clip(
        clip_id=path.stem,
        path=path,
        transcript=plain_transcript(sentence),
        label=emotion,
        speaker=actor,
        video_id=actor,
    )


def _media(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in MEDIA]


Loader = tuple[Callable[[Path], Iterator[Clip]], Literal["regression", "classification"], Literal["speaker", "video"]]
LOADERS: Mapping[str, Loader] = {
    "cremad": (_cremad, "classification", "speaker"),
    "ravdess": (_ravdess, "classification", "speaker"),
    "meld": (_meld, "classification", "speaker"),
    "mosi": (_mosi, "regression", "video"),
}
"""Name -> reader, task, groups; a speaker of MOSI has one video."""
