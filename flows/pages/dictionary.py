"""The columns that this project's extractors make, for the units and meanings on the pages."""

from extractors.faces.columns import all_columns
from extractors.voice.columns import audio_columns
from extractors.voice.config import AudioConfig
from extractors.word_rhythm import word_columns
from pipeline.track import FeatureColumn


def known_columns() -> dict[str, FeatureColumn]:
    """Return every column an extractor of ours can make, under `modality.name`.

    A store of other columns (an imported one) simply finds none of its own here.
    """
    audio = (*audio_columns(AudioConfig(include_unstable=True)), *word_columns())
    face = all_columns(blendshapes=True, include_unstable=True)
    return {
        f"{modality}.{column.name}": column
        for modality, columns in (("audio", audio), ("face", face))
        for column in columns
    }
