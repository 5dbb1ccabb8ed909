"""Native tracks can be left out of a store; the rows stay what they are."""

import numpy as np

from extractors.extraction import ExtractionConfig, Extractor, NativeConfig
from pipeline.clip import Clip
from pipeline.store import FeatureStore
from tests.pipeline.media_making import talk


def test_a_store_without_the_native_track_of_the_face_has_the_same_rows(tmp_path):
    clip = Clip("talk", talk(tmp_path / "talk.mp4", 0.6))
    whole = Extractor().extract(clip)
    kept = Extractor(ExtractionConfig(native=NativeConfig(face=False))).extract(clip)
    store = FeatureStore(tmp_path / "store", create=True)
    store.write(kept)
    read = store.load("talk")
    assert read.native["face"].values.shape == (0, len(whole.native["face"].names))
    assert read.native["audio"].values.shape == whole.native["audio"].values.shape
    assert np.array_equal(read.face.values, whole.face.values) and np.array_equal(
        read.audio.values, whole.audio.values
    )
