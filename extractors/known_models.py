"""The models that this project knows by name: where each comes from, under which licence, and what it is for."""

from dataclasses import dataclass
from typing import Literal

from extractors.language_presets import (
    ALIGNER_BYTES,
    LANGUAGE_PRESETS,
    RECOGNISER,
    RECOGNISER_BYTES,
    RECOGNISER_NAME,
    TEXT_BYTES,
)

Origin = Literal["embedded", "download", "hub"]

EMBEDDED_FACE = "face-embedded"
OFFICIAL_FACE = "face-official"
BERT_BASE = "bert-base-uncased"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model this project knows by name."""

    name: str
    """What `dmd models fetch` and configurations call it."""
    filename: str
    """File (or, from the hub, folder) name under its place."""
    origin: Origin
    sha256: str | None
    """Of the file; None for a hub snapshot, whose files the hub's own client verifies."""
    size_bytes: int
    """Exact for files, rounded for a snapshot."""
    licence: str
    purpose: str
    """One line for `dmd models list`."""
    source: str
    """URL, hub repository, or how the embedded file was made."""


KNOWN_MODELS: tuple[ModelFile, ...] = (
    ModelFile(
        name=EMBEDDED_FACE,
        filename="face_landmarker_attention.task",
        origin="embedded",
        sha256="3917d671dbffe44f14cc4419a306542c4790b6687e536c0f0d5f5443b9d8e5d1",
        size_bytes=2746422,
        licence="Apache-2.0",
        purpose="478 face landmarks; ships with the package",
        source="made from the mediapipe 0.10.21 wheel by tests/face_bundle",
    ),
    ModelFile(
        name=OFFICIAL_FACE,
        filename="face_landmarker.task",
        origin="download",
        sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
        size_bytes=3758596,
        licence="Apache-2.0",
        purpose="478 face landmarks and 52 blendshapes; twice the time a frame",
        source="https://storage.googleapis.com/mediapipe-models/"
        "face_landmarker/face_landmarker/float16/1/face_landmarker.task",
    ),
    ModelFile(
        name=BERT_BASE,
        filename=BERT_BASE,
        origin="hub",
        sha256=None,
        size_bytes=440_000_000,
        licence="Apache-2.0",
        purpose="768-wide BERT of `--preset bert`",
        source="google-bert/bert-base-uncased",
    ),
    ModelFile(
        name=RECOGNISER_NAME,
        filename=RECOGNISER_NAME,
        origin="hub",
        sha256=None,
        size_bytes=RECOGNISER_BYTES,
        licence="Apache-2.0",
        purpose="speech recogniser: words for clips without transcript",
        source=RECOGNISER,
    ),
    *(
        ModelFile(
            name=f"aligner-{language}",
            filename=f"aligner-{language}",
            origin="hub",
            sha256=None,
            size_bytes=ALIGNER_BYTES,
            licence="Apache-2.0",
            purpose=f"word times for language {language!r}",
            source=preset.aligner,
        )
        for language, preset in LANGUAGE_PRESETS.items()
    ),
    *(
        ModelFile(
            name=f"text-{language}",
            filename=f"text-{language}",
            origin="hub",
            sha256=None,
            size_bytes=TEXT_BYTES,
            licence=preset.text_licence,
            purpose=f"BERT of `--preset {language}`",
            source=preset.text_model,
        )
        for language, preset in LANGUAGE_PRESETS.items()
    ),
)
