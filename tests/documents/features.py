"""The feature dictionary, generated from the columns that the code declares and the verdicts that were recorded."""

from collections.abc import Iterable
from pathlib import Path

from extractors.faces.columns import all_columns
from extractors.verdicts import Modality, judgements
from extractors.voice.columns import audio_columns
from extractors.voice.config import AudioConfig
from extractors.word_rhythm import word_columns
from pipeline.track import FeatureColumn

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
INTRODUCTION = """# The features, column by column

Generated from the code by `python -m tests.documents`; do not edit.

Each row of an aligned clip is one word. A column holds the mean over the native frames (10 ms for the voice, one a
video frame for the face), weighted by how long each frame overlaps the word; `pipeline/pooling.py` states the rule.
A value that was not measured (no face in the frame, no pitch in an unvoiced stretch) is marked in `valid`, stands as
0.0 and is never used. Text columns `bert_000` and on are hidden units of BERT and have no meaning of their own.

The verdict says how far recordings move a column that the speaker does not: its worst drift, in deviations of the
column between words, and the nuisance behind it. Up to 0.5 is stable, up to 1 sensitive, more unstable
(`extractors/verdicts.py` states the rule, [evidence.md](evidence.md) all figures). Unstable columns are not computed
by default; `audio.include_unstable` and `face.include_unstable` bring them back. The verdict is about recordings
alone: `response not monotonic` marks columns that did not follow every known change made for them in order and with
the right sign ([evidence.md](evidence.md) says how far they did). Some are stable only because little moves them.
"""
UNSTABLE = "Left out by default (`audio`, `face`)"


def feature_dictionary() -> str:
    """Return the page: one table a modality, one line a column."""
    voice, face = audio_columns(AudioConfig()), all_columns(blendshapes=True)
    embedded = {column.name for column in all_columns(blendshapes=False)}
    unstable_voice = _unstable(audio_columns(AudioConfig(include_unstable=True)))
    unstable_face = _unstable(all_columns(blendshapes=False, include_unstable=True))
    parts = [
        INTRODUCTION,
        *_table("Voice, by frame (`audio`)", voice, "audio"),
        *_table("Rhythm, by word (`audio`, made of word times)", word_columns(), "audio"),
        *_table("Face, by frame (`face`)", [column for column in face if column.name in embedded], "face"),
        f"## {UNSTABLE}\n",
        *_rows(unstable_voice, "audio"),
        *_lines(unstable_face, "face"),
        "",
        *_table(
            "Blendshapes (`face`, with the official bundle: `dmd models fetch face-official`; not measured)",
            [column for column in face if column.name not in embedded],
            "face",
        ),
    ]
    return "\n".join(parts)


def _unstable(columns: Iterable[FeatureColumn]) -> list[FeatureColumn]:
    return [column for column in columns if column.verdict == "unstable"]


def _table(title: str, columns: Iterable[FeatureColumn], modality: Modality) -> list[str]:
    return [f"## {title}\n", *_rows(columns, modality), ""]


def _rows(columns: Iterable[FeatureColumn], modality: Modality) -> list[str]:
    head = ["| column | unit | range | meaning | source | verdict |", "| --- | --- | --- | --- | --- | --- |"]
    return [*head, *_lines(columns, modality)]


def _lines(columns: Iterable[FeatureColumn], modality: Modality) -> list[str]:
    return [
        f"| `{column.name}` | {column.unit} | {_range(column)} | {_cell(column.meaning)} | {_cell(column.source)} "
        f"| {judgements(modality).get(column.name, column.verdict)} |"
        for column in columns
    ]


def _range(column: FeatureColumn) -> str:
    if column.low is None and column.high is None:
        return "any"
    low = "−∞" if column.low is None else f"{column.low:g}"
    high = "∞" if column.high is None else f"{column.high:g}"
    return f"{low} to {high}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
