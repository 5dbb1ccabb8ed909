"""Reading anew: clips whose words are embedded in the form that a model was trained on.

The starter model reads words in their plain form. What a store holds is BERT's reading of the words as they were
written, so their text features are made again; words, times, voice and face stay as they are.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from dmd.text_reading import TextReading
from extractors.text import TextConfig, TextExtractor, model_digest
from pipeline.aligned import FLAGS, AlignedClip


class TextReader:
    """Embeds the words of clips as a model wants them read.

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
        self._extractor = TextExtractor(TextConfig(model=reading.encoder))
        self._origin = reading.origin(model_digest(reading.encoder))

    def read(self, clip: AlignedClip) -> AlignedClip:
        """Return the clip with its text read anew; flagged if it is of another language than the training texts."""
        found = self._extractor.embed([self.reading.written(word.text) for word in clip.words], clip.segments)
        flags = set(clip.flags)
        if found.words.mask.any() and not self.reading.knows(clip.info.language):
            flags.add("language_unsupported")
        recipe: dict[str, Any] = dict(clip.provenance.get("recipe", {}))
        recipe["models"] = {**recipe.get("models", {}), "text": self._origin}
        return replace(
            clip,
            text=found.words,
            pieces=found.pieces,
            flags=tuple(flag for flag in FLAGS if flag in flags),
            provenance={**clip.provenance, "recipe": recipe},
        )


def read_for(reading: TextReading | None, clips: Iterable[AlignedClip]) -> Iterator[AlignedClip]:
    """Return clips as a model wants them read; as they are where it reads what a store holds."""
    if reading is None:
        yield from clips
        return
    reader = TextReader(reading)
    yield from map(reader.read, clips)
