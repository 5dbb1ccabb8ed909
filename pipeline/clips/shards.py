"""Shards: one SOURCE split over machines that know nothing of each other."""

import hashlib
import re
from dataclasses import dataclass

from pipeline.clips.listing import Listing
from pipeline.errors import UsageError


@dataclass(frozen=True, slots=True)
class Shard:
    """Part ``index`` of ``count``; which clips it holds depends on their ids alone."""

    index: int
    """From 1."""
    count: int

    def holds(self, clip_id: str) -> bool:
        """Tell whether a clip is of this shard: the same one whatever else the source names."""
        digest = hashlib.sha256(clip_id.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.count == self.index - 1

    def of(self, listing: Listing) -> Listing:
        """Return what of a listing is of this shard, problems too, so that the shards' reports add up."""
        return Listing(
            tuple(clip for clip in listing.clips if self.holds(clip.clip_id)),
            tuple(problem for problem in listing.problems if self.holds(problem.clip_id)),
        )


def parse_shard(text: str) -> Shard:
    """Return the shard that `i/n` names, i from 1 to n.

    Raises
    ------
    UsageError
        The text is not of that form.
    """
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
    index, count = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= index <= count:
        raise UsageError(f"--shard: {text!r} is not of the form i/n with i from 1 to n, as in 3/16")
    return Shard(index, count)
