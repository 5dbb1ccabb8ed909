"""The sample clips, extracted once for all end-to-end tests."""

from pathlib import Path

import pytest

from extractors.extraction import Extractor
from pipeline.errors import PipelineError
from pipeline.sources import read_source

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="session")
def sample_source():
    return DATA


@pytest.fixture(scope="session")
def sample_clips():
    return {clip.clip_id: clip for clip in read_source(DATA).clips}


@pytest.fixture(scope="session")
def extractor():
    return Extractor()


@pytest.fixture(scope="session")
def extracted(sample_clips, extractor):
    """Clip id -> AlignedClip, or the error it ended in."""
    found = {}
    for clip_id, clip in sample_clips.items():
        try:
            found[clip_id] = extractor.extract(clip)
        except PipelineError as error:
            found[clip_id] = error
    return found
