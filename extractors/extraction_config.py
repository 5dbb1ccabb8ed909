"""Everything that decides what is extracted, composed of the configurations of the stages; and the presets."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from extractors.audio import AudioConfig
from extractors.face import FaceConfig
from extractors.language_presets import LANGUAGE_PRESETS
from extractors.recognise import RecogniserConfig
from extractors.text import EMBEDDED_MODEL, HUB_MODEL, TextConfig
from extractors.wordtiming import WordTimingConfig
from pipeline.errors import UsageError
from pipeline.pooling import PoolingConfig
from pipeline.segments import SegmentConfig
from pipeline.streams import MediaConfig

Device = Literal["auto", "cpu", "cuda"]
DEVICES: tuple[Device, ...] = ("auto", "cpu", "cuda")
PRESETS = {"embedded": EMBEDDED_MODEL, "bert": HUB_MODEL, **{name: f"text-{name}" for name in LANGUAGE_PRESETS}}
"""Preset -> text model."""


class NativeConfig(BaseModel):
    """Which tracks at their own frame rates are stored beside the rows; a face's track says more than rows do."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    audio: bool = True
    """The voice, a row every 10 ms."""
    face: bool = True
    """The face, a row a picture; without it pages cannot draw it."""


class ExtractionConfig(BaseModel):
    """Everything that decides the values of a store; composed of the stages' own configurations."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    media: MediaConfig = MediaConfig()
    text: TextConfig = TextConfig()
    audio: AudioConfig = AudioConfig()
    face: FaceConfig = FaceConfig()
    words: WordTimingConfig = WordTimingConfig()
    pooling: PoolingConfig = PoolingConfig()
    segments: SegmentConfig = SegmentConfig()
    recogniser: RecogniserConfig | None = None
    """Writes the transcript of clips that have none; None: their text is missing, and windows are their rows."""
    native: NativeConfig = NativeConfig()


def preset(name: str) -> ExtractionConfig:
    """Return a preset's configuration: `embedded` works offline, `bert` and languages (`de`) use a fetched BERT.

    Raises
    ------
    UsageError
        No preset of that name.
    """
    if name not in PRESETS:
        raise UsageError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}")
    return ExtractionConfig(text=TextConfig(model=PRESETS[name]))
