"""StoreSummary: one pass over a store, from which its page is made."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flows.pages.columns import ColumnSummary, RowSample
from flows.pages.facts import ClipFacts, clip_facts
from flows.pages.missingness import MODALITIES, Missingness, missingness
from flows.pages.oddities import ClipMeans, Oddity
from pipeline.errors import StoreError
from pipeline.store import FeatureStore
from pipeline.stores.failures import Failure

LONGEST = 8
STRANGEST = 8
SHARE_BINS = 20


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts over equally wide bins."""

    low: float
    high: float
    counts: tuple[int, ...]

    @property
    def width(self) -> float:
        """Width of a bin."""
        return (self.high - self.low) / max(1, len(self.counts))


@dataclass(frozen=True, slots=True)
class StoreSummary:
    """What there is to say of a store."""

    clips: tuple[ClipFacts, ...]
    failures: tuple[Failure, ...]
    columns: tuple[ColumnSummary, ...]
    missingness: Missingness
    strangest: tuple[Oddity, ...]

    @property
    def longest(self) -> list[ClipFacts]:
        """The longest clips, the longest first."""
        return sorted(self.clips, key=lambda clip: (-clip.duration_s, clip.clip_id))[:LONGEST]

    @property
    def duration_s(self) -> float:
        """Seconds of all clips."""
        return sum(clip.duration_s for clip in self.clips)

    @property
    def words(self) -> int:
        """Words of all clips."""
        return sum(clip.words for clip in self.clips)

    def without(self, modality: str) -> int:
        """Return how many clips have nothing at all of a modality."""
        at = MODALITIES.index(modality)
        return sum(clip.missing[at] == 1.0 for clip in self.clips)

    def counted(self, what: str) -> list[tuple[str, int]]:
        """Return the values of `flags`, `label`, `split`, `speaker` or `rungs` with their clips, the most first."""
        counts: Counter[str] = Counter()
        for clip in self.clips:
            value = getattr(clip, what)
            counts.update([value] if isinstance(value, str) else value or ())
        return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def summarise(store: FeatureStore) -> StoreSummary:
    """Read every clip of a store once.

    A clip whose file is damaged is listed with the failures; the rest goes on.
    """
    samples = {modality: RowSample() for modality in MODALITIES}
    means = ClipMeans()
    facts: list[ClipFacts] = []
    failures = store.failures()
    for clip_id in store:
        try:
            clip = store.load(clip_id)
        except StoreError as error:
            failures.append(Failure(clip_id, str(store.file(clip_id)), "store", str(error)))
            continue
        facts.append(clip_facts(clip))
        for modality in MODALITIES:
            samples[modality].add(getattr(clip, modality))
        means.add(clip_id, (("audio", clip.audio), ("face", clip.face)))
    return StoreSummary(
        clips=tuple(facts),
        failures=tuple(failures),
        columns=tuple(column for modality in MODALITIES for column in samples[modality].summaries(modality)),
        missingness=missingness(facts),
        strangest=tuple(means.strangest(STRANGEST)),
    )


def histogram(
    values: Sequence[float | None], low: float | None = None, high: float | None = None
) -> Histogram | None:
    """Return how values lie between two bounds (by default their own extremes); None without values."""
    known = np.array([value for value in values if value is not None], np.float64)
    if not known.size:
        return None
    low = float(known.min()) if low is None else low
    high = float(known.max()) if high is None else high
    if high <= low:
        high = low + 1.0
    counts, _ = np.histogram(np.clip(known, low, high), bins=SHARE_BINS, range=(low, high))
    return Histogram(low, high, tuple(int(count) for count in counts))
