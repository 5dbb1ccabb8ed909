"""The page of one clip: what was said when, what voice and face did, what the model made of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flows.pages.clip_view import clip_view, scales
from flows.pages.dictionary import known_columns
from flows.pages.document import write_page
from flows.pages.facts import clip_facts
from flows.pages.film import Filmer, Media
from flows.pages.scores import NO_SCORES, Rows, by_clip
from pipeline.aligned import AlignedClip
from pipeline.track import FeatureColumn


def write_clip_page(
    clip: AlignedClip,
    out: Path,
    scores: Rows = None,
    columns: Mapping[str, FeatureColumn] | None = None,
    media: Media | None = None,
) -> Path:
    """Write the page of a clip: one HTML file that needs nothing else.

    Parameters
    ----------
    clip : AlignedClip
    out : Path
        The file; its folder must exist.
    scores : Path, sequence of mappings, or None
        A score file or score rows; rows of other clips are left aside.
    columns : mapping, optional
        `modality.name` -> what is known of the column, for units and meanings; by default those of our extractors.
    media : Media, optional
        Where the clip's media lie: the face is then drawn as lines, and as pictures only if that is asked for.

    Returns
    -------
    Path
        The absolute path of the file.

    Raises
    ------
    StoreError
        The folder is missing or not writable.
    UsageError
        The score file cannot be read.
    """
    own = by_clip(scores).get(clip.clip_id, NO_SCORES)
    context: dict[str, Any] = {"clip": clip, "facts": clip_facts(clip), "score": own.best}
    with Filmer(media) as filmer:
        view = clip_view(clip, own, columns or known_columns(), filmer)
    data = {"clips": [view], "tables": {}, "charts": {}, **scales({clip.clip_id: own})}
    return write_page(out, "clip.html", f"{clip.clip_id}: clip", context, data)
