"""Speakers whom subtitles name in front of what they say: ``JOHN: Hello``, ``- Ann: Yes?``, ``[SPEAKER_01]: Hi``."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

_BEFORE = r"[ \t]*(?:[-\u2013\u2014>]+[ \t]*)?"
_NAME = r"[^\W\d_](?:[\w.'\u2019#-]| (?=[^\W_])){0,29}"
_LABEL = re.compile(rf"{_BEFORE}(?:\[(?P<numbered>SPEAKER_\d+)\]|(?P<name>{_NAME})):(?=\s|$)[ \t]*")
MOST_WORDS = 3
LEAST_LINES = 2
NEARLY_EVERY = 0.8


def speaker_labels(lines: Iterable[str]) -> frozenset[str]:
    """Return the names that stand for speakers in a file.

    ``JOHN:`` is one, ``Note:`` may be something that is said. Names in capitals count where at least two lines begin
    with one; single ones (``Q:``, ``A:``) where there are two of them; others where a file has two of them that come
    back, or one does and nearly every line begins with one of one word. What counts is nobody's word.

    Parameters
    ----------
    lines : iterable of str
        Every line of every cue.
    """
    spoken = [line for line in lines if line.strip()]
    found = Counter(match["name"] for line in spoken if (match := _LABEL.match(line)) and match["name"])
    names = {name: count for name, count in found.items() if len(name.split()) <= MOST_WORDS}
    shouted = {name: count for name, count in names.items() if name.isupper() and len(name) > 1}
    returning = {name for name, count in names.items() if count >= LEAST_LINES and name[0].isupper()}
    labels = set(shouted) if sum(shouted.values()) >= LEAST_LINES else set()
    letters = {name for name in names if len(name) == 1 and name.isupper()}
    plain = {name: count for name, count in names.items() if name[0].isupper() and " " not in name}
    everywhere = returning and sum(plain.values()) >= NEARLY_EVERY * len(spoken)
    for several in (letters, returning, set(plain) if everywhere else set()):
        labels |= several if len(several) > 1 else set()
    return frozenset(labels)


def split_by_label(text: str, labels: frozenset[str]) -> Iterator[tuple[str | None, str]]:
    """Yield who says what; None as long as nobody was named.

    Parameters
    ----------
    text : str
        Lines of a cue.
    labels : frozenset of str
        From `speaker_labels`.
    """
    speaker: str | None = None
    said: list[str] = []
    for line in text.split("\n"):
        match = _LABEL.match(line)
        if match and (match["numbered"] or match["name"] in labels):
            if said:
                yield speaker, "\n".join(said)
            speaker, said = match["numbered"] or match["name"], []
            line = line[match.end() :]
        said.append(line)
    yield speaker, "\n".join(said)
