"""Real text with real labels as text-only stores: a table of CMU-MOSI or MELD, read by the embedded BERT once."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from extractors.extraction import ExtractionConfig, Extractor
from pipeline.clip import Clip
from pipeline.dataset import Dataset, dataset_from_clips
from pipeline.segments import SegmentConfig
from pipeline.store import FeatureStore
from pipeline.words import plain_transcript


def mosi_clips(table: Path) -> Iterator[Clip]:
    """Yield the clips of a table ``video_id,clip_id,text,label,mode``; its split is left out."""
    for row in rows_of(table):
        yield Clip(
            clip_id=f"{row['video_id']}$_${row['clip_id']}",
            path=None,
            transcript=plain_transcript(row["text"]),
            label=row["label"],
            video_id=row["video_id"],
        )


def meld_clips(tables: Mapping[str, Path]) -> Iterator[Clip]:
    """Yield the utterances of MELD's tables, with the table's name as split and the dialogue as video.

    The official split shares speakers between its sides; so the speaker stands in no group here.
    """
    for split, table in tables.items():
        for row in rows_of(table):
            yield Clip(
                clip_id=meld_id(split, row),
                path=None,
                transcript=plain_transcript(row["Utterance"].replace("\x92", "'")),
                split=split,
                video_id=f"{split} dialogue {row['Dialogue_ID']}",
            )


def meld_id(split: str, row: Mapping[str, str]) -> str:
    """Return the id of an utterance."""
    return f"{split}_{row['Dialogue_ID']}$_${row['Utterance_ID']}"


def rows_of(table: Path) -> list[dict[str, str]]:
    """Return the rows of a table.

    Raises
    ------
    FileNotFoundError
        There is none.
    """
    if not table.is_file():
        raise FileNotFoundError(
            f"{table}: no such table; this benchmark needs the text and labels of a public data set"
        )
    with table.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def text_dataset(clips: Iterator[Clip], folder: Path, name: str, max_words: int = 50) -> Dataset:
    """Return the clips as a dataset, extracted into a store in ``folder`` unless they are there already.

    Parameters
    ----------
    max_words : int
        Most rows of a segment; a longer clip has several, and its score is their mean weighted by rows.
    """
    store = FeatureStore(folder, create=True)
    extractor = Extractor(ExtractionConfig(segments=SegmentConfig(max_words=max_words)))
    wanted = list(clips)
    for clip in wanted:
        if clip.clip_id not in store:
            store.write(extractor.extract(clip))
    return dataset_from_clips((store.load(clip.clip_id) for clip in wanted), name)
