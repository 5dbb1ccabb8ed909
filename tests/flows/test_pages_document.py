import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from flows.pages.document import HERE, json_block, number, percent, policy, render, seconds, write_page
from pipeline.errors import StoreError

PUBLISHED = {
    "uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
}
HOSTILE = "</script><img src=x onerror=alert(1)>&amp;\u2028'\""


class Parts(HTMLParser):
    """The elements of a page, and the text of its style and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.contents: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.contents.append((self.tags[-1][0] if self.tags else "", data))


def a_page(title: str = "title", data: object = None) -> str:
    return render("page.html", title, {}, {"clips": [], "charts": {}, "tables": {}, "extra": data})


def test_the_policy_names_the_style_and_the_script_that_stand_in_the_page():
    text = a_page()
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    script = re.search(r'<script type="module">(.*?)</script>', text, re.S).group(1)
    stated = next(attrs["content"] for tag, attrs in Parts(text).tags if attrs.get("http-equiv"))
    assert stated == policy(style, script)
    for content in (style, script):
        assert base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() in stated
    assert "default-src 'none'" in stated
    assert not {"unsafe", "*", "http"} & set(re.findall(r"unsafe|\*|http", stated))


def test_the_policy_comes_before_anything_it_rules():
    tags = [tag for tag, _ in Parts(a_page()).tags]
    assert tags[:4] == ["html", "head", "meta", "meta"]


def test_a_page_refers_to_nothing_outside_itself():
    for tag, attrs in Parts(a_page()).tags:
        for name in ("src", "href", "action", "srcset", "data"):
            assert (attrs.get(name) or "#").startswith(("#", "data:")), (tag, attrs)


def test_titles_and_data_stay_data_whatever_they_hold():
    plain, hostile = Parts(a_page()), Parts(a_page(HOSTILE, {"x": [HOSTILE]}))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in plain.tags]
    text = a_page(data={"x": [HOSTILE]})
    block = re.search(r'id="data">(.*?)</script>', text, re.S).group(1)
    assert json.loads(block)["extra"] == {"x": [HOSTILE]}


def test_nothing_in_the_data_could_begin_or_end_markup():
    assert not set("<>&") & set(json_block({"<!--<script>": "</script>&lt;"}))


def test_numbers_that_are_not_finite_become_null():
    assert json.loads(json_block({"a": [float("nan"), float("inf"), 1.0, 2]})) == {"a": [None, None, 1.0, 2]}


def test_the_same_page_is_the_same_text():
    assert a_page(data={"b": 1, "a": [0.1]}) == a_page(data={"b": 1, "a": [0.1]})


def test_the_plot_library_is_the_published_build_with_its_licence():
    for name, digest in PUBLISHED.items():
        assert hashlib.sha256((HERE / "vendor" / name).read_bytes()).hexdigest() == digest
    assert "MIT License" in (HERE / "vendor" / "uPlot-LICENSE.txt").read_text()


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (float("nan"), "–"), (0.0, "0"), (-0.5, "−0.5"), (12345.0, "12345"), (0.12345, "0.123"), (3, "3")],
)
def test_numbers_are_shown_with_three_digits(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("share", "shown"),
    [(None, "–"), (0.0, "0 %"), (0.001, "< 1 %"), (0.5, "50 %"), (0.999, "> 99 %"), (1.0, "100 %")],
)
def test_only_all_is_all_and_only_none_is_none(share, shown):
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (3.21, "3.2 s"), (245, "4 min 05 s"), (3720, "1 h 02 min"), (59.99, "60.0 s")]
)
def test_durations_are_shown_in_fitting_units(value, shown):
    assert seconds(value) == shown


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="its folder does not exist"):
        write_page(tmp_path / "no" / "page.html", "page.html", "t", {}, {"clips": [], "charts": {}, "tables": {}})
