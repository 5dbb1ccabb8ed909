"""The pages in a headless Chromium: nothing on the console, nothing too wide, the controls do what they say."""

import itertools

import pytest

from flows.pages import write_clip_page, write_store_page
from flows.pages.film import Filmer
from pipeline.aligned import ClipInfo
from pipeline.store import FeatureStore
from pipeline.stores.failures import Failure
from tests.flows.browser import MISSING, browser
from tests.flows.page_material import SENTENCE, make_clip, score_row

pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
PIXEL = (
    "data:image/png;base64,"
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
HOSTILE = "<img src=x onerror=alert(1)>"
CANVASES_DRAWN = """
return [...document.querySelectorAll('canvas')].filter((canvas) => canvas.width && canvas.height).map((canvas) => {
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some((value) => value);
});
"""

IMAGES = "return [...document.querySelectorAll('.lane canvas')].map((canvas) => canvas.toDataURL())"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("chromium")) as started:
        yield started


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    store = FeatureStore(folder / "store", create=True)
    rows = []
    for at in range(30):
        info = ClipInfo(label=str(at % 5 - 2), speaker=HOSTILE, split="train")
        words = (HOSTILE, *SENTENCE[: 3 + at % 8])
        clip = make_clip(f"{HOSTILE}/{at:02d}", at, words, info, (1.0, 2.0) if at % 3 else None, flags=("low_snr",))
        store.write(clip)
        rows.append(score_row(clip, at / 10 - 1.5))
    store.write_failures([Failure(HOSTILE, HOSTILE, "read", HOSTILE)])
    long = make_clip("long", 5, SENTENCE * 4, segments=4, flags=("face_partly_missing",))
    parts = [
        score_row(long, at - 1.5, str(at), start_s=part.start_s, end_s=part.end_s, word_contributions=[0.1] * 12)
        for at, part in enumerate(long.segments)
    ]
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(Filmer, "film", lambda _, clip: film(clip))
    whole = score_row(long, 0.3, shapley_text=0.4, shapley_audio=-0.1, shapley_face=0.0)
    made = {
        "store": write_store_page(store, folder / "store.html", rows),
        "clip": write_clip_page(long, folder / "clip.html", [whole, *parts]),
    }
    monkeypatch.undo()
    return made


def film(clip):
    """Return a triangle that grows, and is not there from 1 to 2 s."""
    times = [at / 10 for at in range(int(clip.duration_s * 10))]
    points = [None if 1 <= time < 2 else [100, 100, 200 + int(40 * time), 100, 150, 300] for time in times]
    return {
        "times": times,
        "points": points,
        "lines": [[0, 1], [1, 2], [2, 0]],
        "aspect": 1.25,
        "pictures": [PIXEL] * len(times),
    }


@pytest.mark.parametrize("name", ["store", "clip"])
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1280, False), (1280, True)])
def test_a_page_is_drawn_without_a_word_on_the_console(chromium, pages, name, width, dark):
    chromium.screen(width, dark=dark)
    chromium.open(pages[name])
    chromium.look_through()
    drawn = chromium.run(CANVASES_DRAWN)
    assert len(drawn) >= 7
    assert all(drawn)
    assert chromium.console() == []
    assert chromium.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
    cut = (
        "return [...document.querySelectorAll('.card')].filter((card) => card.scrollWidth > card.clientWidth).length"
    )
    assert chromium.run(cut) == 0
    assert chromium.run("return document.querySelectorAll('img').length") == 0


def test_a_change_of_colours_redraws_what_is_shown(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["clip"])
    chromium.look_through()
    light = chromium.run(IMAGES)
    chromium.screen(1280, dark=True)
    chromium.settle()
    assert all(before != after for before, after in zip(light, chromium.run(IMAGES), strict=True))
    assert chromium.console() == []


def test_a_heading_sorts_and_words_filter(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["store"])
    first = "return document.querySelector('[data-table=clips] tbody tr td').textContent"
    count = "return document.querySelector('[data-table=clips] output').textContent"
    assert chromium.run(count) == "1 to 25 of 30"
    chromium.run("[...document.querySelectorAll('[data-table=clips] th button')][1].click()")
    assert chromium.run(first).endswith("/00")
    chromium.run("[...document.querySelectorAll('[data-table=clips] th button')][1].click()")
    assert chromium.run(first).endswith("/29")
    assert chromium.run("return document.querySelectorAll('th[aria-sort=descending]').length") == 1
    chromium.run(
        "const i = document.querySelector('[data-table=clips] input'); i.value = '/07';"
        "i.dispatchEvent(new Event('input'))"
    )
    assert chromium.run(count) == "1 to 1 of 1"
    assert chromium.run(first) == f"{HOSTILE}/07"


def test_pages_of_a_table_are_turned(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["store"])
    buttons = "[...document.querySelectorAll('[data-table=clips] .pager button')]"
    assert chromium.run(f"return {buttons}.map((b) => b.disabled)") == [True, False]
    chromium.run(f"{buttons}[1].click()")
    assert chromium.run("return document.querySelectorAll('[data-table=clips] tbody tr').length") == 5
    assert chromium.run(f"return {buttons}.map((b) => b.disabled)") == [False, True]


def test_a_clip_is_chosen_from_the_list_and_from_the_table(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["store"])
    words = "return [...document.querySelectorAll('#clip .word')].map((word) => word.textContent)"
    before = chromium.run(words)
    chromium.run(
        "const s = document.getElementById('clip-choice'); s.value = '3'; s.dispatchEvent(new Event('change'))"
    )
    chosen = chromium.run(words)
    assert chosen != before
    assert chosen[0] == HOSTILE
    chromium.run("document.querySelector('[data-table=strangest] a, [data-table=longest] a').click()")
    name = chromium.run("const s = document.getElementById('clip-choice'); return s.options[s.selectedIndex].text")
    link = "return document.querySelector('[data-table=strangest] a, [data-table=longest] a').textContent"
    assert name == chromium.run(link)
    assert chromium.console() == []


def test_words_and_the_slider_move_every_cursor(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["clip"])
    chromium.look_through()
    chromium.run("document.querySelectorAll('.word')[2].click()")
    chromium.later("return document.querySelector('.lane.words .values').textContent.includes('liked')")
    chromium.later("return [...document.querySelectorAll('.lane.curve .values')].every((value) => value.textContent)")
    chromium.run(
        "const s = document.querySelector('input[type=range]'); s.value = 0.5; s.dispatchEvent(new Event('input'))"
    )
    chromium.later("return document.querySelector('.lane.words .values').textContent.includes('I ·')")
    assert "I ·" in chromium.run("return document.querySelector('input[type=range]').getAttribute('aria-valuetext')")
    # The face is missing from 1 to 2 s.
    chromium.run(
        "const s = document.querySelector('input[type=range]'); s.value = 1.5; s.dispatchEvent(new Event('input'))"
    )
    chromium.later("return [...document.querySelectorAll('.values')].at(-1).textContent.startsWith('–')")
    assert chromium.console() == []


def test_the_face_follows_the_cursor_and_says_when_there_is_none(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["clip"])
    chromium.look_through()
    caption = "return document.querySelector('.film figcaption').textContent"
    face = "return document.querySelector('.film canvas').toDataURL()"
    before = chromium.run(face)
    chromium.run("document.querySelectorAll('.word')[8].click()")
    chromium.later(f"{caption.replace('return', 'return !!')}.startsWith('4.')")
    assert chromium.run(face) != before
    chromium.run(
        "const s = document.querySelector('input[type=range]'); s.value = 1.5; s.dispatchEvent(new Event('input'))"
    )
    chromium.later(f"{caption.replace('return', 'return !!')}.endsWith('no face')")
    assert chromium.console() == []


def test_playing_moves_the_cursor_and_stops_on_a_second_press(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["clip"])
    chromium.look_through()
    press = "document.querySelector('[aria-label=\"Play, or stop\"]').click()"
    now = "return Number(document.querySelector('input[type=range]').value)"
    chromium.run(press)
    chromium.later(now.replace("return", "return 0.3 <"))
    chromium.run(press)
    chromium.settle()
    stopped = chromium.run(now)
    chromium.settle()
    assert chromium.run(now) == stopped
    assert chromium.console() == []


def test_zooming_changes_every_strip_and_back(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["clip"])
    chromium.look_through()
    whole = chromium.run(IMAGES)
    chromium.run("document.querySelector('[aria-label=\"Zoom in\"]').click()")
    chromium.settle()
    zoomed = chromium.run(IMAGES)
    assert all(before != after for before, after in zip(whole, zoomed, strict=True))
    chromium.run("document.querySelector('[aria-label=\"Show the whole clip\"]').click()")
    chromium.settle()
    assert chromium.run(IMAGES) == whole


def test_dragging_over_a_strip_zooms_all(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["clip"])
    chromium.run("document.querySelector('.lane.words').scrollIntoView()")
    chromium.settle()
    box = chromium.run(
        "const b = document.querySelector('.lane.words .u-over').getBoundingClientRect(); return [b.x, b.y]"
    )
    whole = chromium.run(IMAGES)
    for kind, x in (("mousePressed", 200), ("mouseMoved", 300), ("mouseMoved", 500), ("mouseReleased", 500)):
        chromium.command(
            "Input.dispatchMouseEvent", type=kind, x=box[0] + x, y=box[1] + 20, button="left", clickCount=1
        )
    chromium.settle()
    assert all(before != after for before, after in zip(whole, chromium.run(IMAGES), strict=True))
    for strip in chromium.run("return [...document.querySelectorAll('.u-select')].map((s) => s.offsetWidth)"):
        assert strip == 0


def test_words_are_coloured_as_asked(chromium, pages):
    chromium.screen(390)
    chromium.open(pages["clip"])
    colours = "return [...document.querySelectorAll('.word')].map((word) => getComputedStyle(word).backgroundColor)"
    choices = chromium.run("return [...document.querySelectorAll('.choice input')].map((input) => input.value)")
    assert choices == ["score", "contribution", "confidence"]
    seen = []
    for value in choices:
        chromium.run(f"document.querySelector('.choice input[value={value}]').click()")
        seen.append(chromium.run(colours))
    assert seen[0] != seen[1] != seen[2]
    assert len(set(seen[0])) == 4
    assert chromium.console() == []


def test_every_control_has_a_name_and_every_heading_its_level(chromium, pages):
    for page in pages.values():
        chromium.screen(1280)
        chromium.open(page)
        nameless = """
        return [...document.querySelectorAll('button, input, select, a')].filter((control) => !(
          control.textContent.trim() || control.getAttribute('aria-label') || control.closest('label')
        )).map((control) => control.outerHTML)
        """
        assert chromium.run(nameless) == []
        levels = chromium.run("return [...document.querySelectorAll('h1,h2,h3,h4')].map((head) => +head.tagName[1])")
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_a_chart_is_read_with_the_keyboard(chromium, pages):
    chromium.screen(1280)
    chromium.open(pages["store"])
    chromium.look_through()
    chromium.run(
        "const p = document.querySelector('figure[data-chart=face] .plot'); p.focus();"
        "p.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}))"
    )
    chromium.later(
        "return document.querySelector('figure[data-chart=face] .readout').textContent.startsWith('0 to 0.05')"
    )
