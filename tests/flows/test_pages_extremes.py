"""Pages of clips that lack something, and of very much, in a headless Chromium."""

import dataclasses

import numpy as np
import pytest

from flows.pages import write_clip_page, write_store_page
from pipeline.aligned import WordPieces
from pipeline.store import FeatureStore
from pipeline.track import WordFeatures, empty_track
from pipeline.words import Word
from tests.flows.browser import MISSING, browser
from tests.flows.page_material import SENTENCE, make_clip, score_row

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started


def test_a_text_without_media_has_words_and_no_time_line(chromium, tmp_path):
    clip = make_clip(words=("only", "text"))
    nothing = WordFeatures(np.zeros((2, 1), np.float32), np.zeros((2, 1), bool), ("x",))
    clip = dataclasses.replace(
        clip,
        words=tuple(Word(word.text, 0.0, 0.0, 0.0, "untimed") for word in clip.words),
        audio=nothing,
        face=nothing,
        native={"audio": empty_track(("x",)), "face": empty_track(("x",))},
        duration_s=0.0,
        flags=("audio_missing", "face_missing"),
    )
    chromium.screen(390)
    chromium.open(write_clip_page(clip, tmp_path / "text.html", [score_row(clip, 1.0)]))
    assert chromium.run("return [...document.querySelectorAll('.word')].map((word) => word.textContent)") == [
        "only",
        "text",
    ]
    assert chromium.run("return document.querySelectorAll('canvas, .controls, .doubtful').length") == 0
    assert chromium.run("return document.querySelectorAll('.flags dt').length") == 2
    assert chromium.console() == []


def test_a_clip_without_words_has_its_curves(chromium, tmp_path):
    clip = make_clip(words=("x",))
    nothing = {
        name: WordFeatures(part.values[:0], part.valid[:0], part.names)
        for name, part in (("text", clip.text), ("audio", clip.audio), ("face", clip.face))
    }
    pieces = WordPieces(np.zeros(0, np.int32), np.zeros(0, np.int32))
    chromium.open(
        write_clip_page(
            dataclasses.replace(clip, words=(), segments=(), pieces=pieces, **nothing), tmp_path / "silent.html"
        )
    )
    chromium.look_through()
    assert chromium.run("return document.querySelectorAll('.lane.curve canvas').length") >= 4
    assert chromium.console() == []


def test_an_hour_of_words_waits_until_it_is_looked_at(chromium, tmp_path):
    clip = make_clip("hour", words=SENTENCE * 100)
    chromium.screen(390)
    chromium.open(write_clip_page(clip, tmp_path / "hour.html"))
    count = "return document.querySelectorAll('.word').length"
    assert chromium.run(count) == 0
    chromium.run("document.querySelector('.transcript').scrollIntoView()")
    chromium.later(f"{count} === 1200")
    assert chromium.console() == []


def test_a_thousand_clips_stay_a_light_page(chromium, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.files.os.fsync", lambda _: None)
    store = FeatureStore(tmp_path / "store", create=True)
    clip = make_clip("c", words=SENTENCE[:3], hole=None)
    for at in range(1000):
        store.write(dataclasses.replace(clip, clip_id=f"clip {at:04d}"))
    page = write_store_page(store, tmp_path / "page.html")
    assert page.stat().st_size < 1_500_000
    chromium.screen(1280)
    chromium.open(page)
    # What makes a page slow to open is how much of it is laid out, which does not grow with the clips.
    assert chromium.run("return document.querySelectorAll('*').length") < 3000
    assert chromium.run("return document.querySelector('[data-table=clips] output').textContent") == "1 to 25 of 1000"
    assert chromium.console() == []
