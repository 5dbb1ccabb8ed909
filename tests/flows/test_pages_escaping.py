"""What comes with a clip is text on every page, whatever tags and quotes it holds."""

import dataclasses
from html.parser import HTMLParser

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from flows.pages import write_clip_page, write_store_page
from pipeline.aligned import ClipInfo
from pipeline.store import FeatureStore
from pipeline.stores.failures import Failure
from tests.flows.page_material import make_clip, score_row

MARKUP = ("</script>", "<script>", "<!--", "-->", "<img src=x onerror=a()>", "]]>", "</style>", "</textarea>", "&lt;")
SIGNS = ("{{ 7 }}", "{% raw %}", "\\u003c", "\u2028", '"', "'", "<", ">", "&", "=", "`", "javascript:", "a", "/")
TEXTS = st.lists(st.sampled_from(MARKUP + SIGNS), min_size=1, max_size=6).map("".join)


class Structure(HTMLParser):
    """Knows the kinds of elements of a page: tag and names of attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.kinds: set[tuple[str, ...]] = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.kinds.add((tag, *(name for name, _ in attrs)))


def pages(folder, clip_id: str, word: str, label: str, error: str) -> list[str]:
    clip = dataclasses.replace(
        make_clip(words=(word, "b", word)), clip_id=clip_id, info=ClipInfo(speaker=label, split=label)
    )
    store = FeatureStore(folder / "store", create=True)
    store.write(clip)
    store.write_failures([Failure(f"not {clip_id}", f"/{word}", "decode", error)])
    written = [
        write_clip_page(clip, folder / "clip.html", [score_row(clip, 1.0, flags=label)]),
        write_store_page(store, folder / "store.html"),
    ]
    return [page.read_text("utf-8") for page in written]


@settings(deadline=None, max_examples=8, phases=[Phase.generate])  # shrinking pages takes minutes
@given(clip_id=TEXTS, word=TEXTS, label=TEXTS, error=TEXTS)
def test_no_text_of_a_clip_becomes_an_element_or_an_attribute(tmp_path_factory, clip_id, word, label, error):
    plain = pages(tmp_path_factory.mktemp("plain"), "id", "word", "label", "error")
    hostile = pages(tmp_path_factory.mktemp("hostile"), clip_id, word, label, error)
    for with_it, without in zip(hostile, plain, strict=True):
        assert Structure(with_it).kinds - Structure(without).kinds == set()
