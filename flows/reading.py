"""Reading anew: clips whose words are embedded in the form that a model was trained on.

The starter model reads words in their plain form. What a store holds is BERT's reading of the words as they were
written, so their text features are made again; words, times, voice and face stay as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any

from dmd.runs.text_reading import TextReading
from extractors.text import TextConfig, TextExtractor, text_origin
from pipeline.aligned import FLAGS, AlignedClip


class TextReader:
    """Embeds the words of clips as a model wants them read; clips that were read so already keep their features.

    Parameters
    ----------
    reading : TextReading

    Raises
    ------
    ModelMissingError
        The text model is not on this machine.
    """

    def __init__(self, reading: TextReading) -> None:
        self.reading = reading
        self._config = text_config(reading)
        self._origin = text_origin(self._config)

    @cached_property
    def _extractor(self) -> TextExtractor:
        return TextExtractor(self._config)

    def read(self, clip: AlignedClip) -> AlignedClip:
        """Return the clip with its text read anew; flagged if it is of another language than the training texts."""
        flags, read = set(clip.flags), self._reread(clip)
        if read.text.mask.any() and not self.reading.knows(clip.info.language):
            flags.add("language_unsupported")
        return replace(read, flags=tuple(flag for flag in FLAGS if flag in flags))

    def _reread(self, clip: AlignedClip) -> AlignedClip:
        recipe: dict[str, Any] = dict(clip.provenance.get("recipe", {}))
        models = recipe.get("models", {})
        if models.get("text") == self._origin:
            return clip
        found = self._extractor.embed([word.text for word in clip.words], clip.segments)
        provenance = {**clip.provenance, "recipe": {**recipe, "models": {**models, "text": self._origin}}}
        return replace(clip, text=found.words, pieces=found.pieces, provenance=provenance)


def text_config(reading: TextReading) -> TextConfig:
    """Return how words are extracted so that a model of this reading needs no other."""
    return TextConfig(model=reading.encoder, form=reading.form)


def read_for(reading: TextReading | None, clips: Iterable[AlignedClip]) -> Iterator[AlignedClip]:
    """Return clips as a model wants them read; as they are where it reads what a store holds."""
    if reading is None:
        yield from clips
        return
    reader = TextReader(reading)
    yield from map(reader.read, clips)
