"""The feature dictionary, generated from the columns that the code declares."""

from pathlib import Path

from extractors.audio_columns import audio_columns
from extractors.audio_config import AudioConfig
from extractors.face_columns import all_columns
from extractors.word_rhythm import word_columns
from pipeline.track import FeatureColumn

PAGE = Path(__file__).parents[2] / "docs" / "features.md"
INTRODUCTION = """# The features, column by column

Generated from the code by `python -m tests.documents`; do not edit.

Each row of an aligned clip is one word. A column holds the mean over the native frames (10 ms for the voice, one a
video frame for the face), weighted by how long each frame overlaps the word; `pipeline/pooling.py` states the rule.
A value that was not measured (no face in the frame, no pitch in an unvoiced stretch) is marked in `valid`, stands as
0.0 and is never used. Text columns `bert_000` and on are hidden units of BERT and have no meaning of their own.
"""


def feature_dictionary() -> str:
    """Return the page: one table a modality, one line a column."""
    face = [column for column in all_columns(blendshapes=True)]
    embedded = {column.name for column in all_columns(blendshapes=False)}
    parts = [
        INTRODUCTION,
        *_table("Voice, by frame (`audio`)", audio_columns(AudioConfig())),
        *_table("Rhythm, by word (`audio`, made of word times)", word_columns()),
        *_table("Face, by frame (`face`)", [column for column in face if column.name in embedded]),
        *_table(
            "Blendshapes (`face`, with the official bundle: `dmd models fetch face-official`)",
            [column for column in face if column.name not in embedded],
        ),
    ]
    return "\n".join(parts)


def _table(title: str, columns) -> list[str]:
    lines = [f"## {title}\n", "| column | unit | range | meaning | source |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| `{column.name}` | {column.unit} | {_range(column)} | {_cell(column.meaning)} | {_cell(column.source)} |"
        for column in columns
    ]
    return [*lines, ""]


def _range(column: FeatureColumn) -> str:
    if column.low is None and column.high is None:
        return "any"
    low = "−∞" if column.low is None else f"{column.low:g}"
    high = "∞" if column.high is None else f"{column.high:g}"
    return f"{low} to {high}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
