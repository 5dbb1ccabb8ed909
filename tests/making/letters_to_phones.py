"""Which letters of a word stand for which of its phones: expectation maximisation over monotone alignments.

A letter stands for no phone, for one, or for two (the x of *box*). Jiampojamarn, Kondrak and Sherif, "Applying
many-to-many alignments and hidden Markov models to letter-to-phoneme conversion", NAACL 2007, with the letter
side held to one letter.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

Chunk = tuple[str, ...]
"""The phones of one letter: none, one or two."""
Entry = tuple[str, tuple[str, ...]]
"""A spelling and its phones."""
LONGEST_CHUNK = 2


def align_entries(entries: Sequence[Entry], rounds: int = 6) -> list[list[Chunk] | None]:
    """Return the chunk of every letter of every entry; None where there are more phones than letters can hold."""
    prob: dict[tuple[str, Chunk], float] = defaultdict(lambda: 1e-7)
    for spelling, phones in entries:  # start: a letter likes the phones that stand near its own place
        for place, letter in enumerate(spelling):
            for phone, at in ((phone, index / len(phones)) for index, phone in enumerate(phones)):
                if abs(at - place / len(spelling)) < 0.2:
                    prob[letter, (phone,)] += 1.0
    prob = _normalised(prob)
    for _ in range(rounds):
        counts: dict[tuple[str, Chunk], float] = defaultdict(float)
        for spelling, phones in entries:
            best = _best_path(spelling, phones, prob)
            for pair in zip(spelling, best or (), strict=False):
                counts[pair] += 1.0
        prob = _normalised(counts)
    return [_best_path(spelling, phones, prob) for spelling, phones in entries]


def _normalised(counts: dict[tuple[str, Chunk], float]) -> dict[tuple[str, Chunk], float]:
    totals: dict[str, float] = defaultdict(float)
    for (letter, _), count in counts.items():
        totals[letter] += count
    fresh: dict[tuple[str, Chunk], float] = defaultdict(lambda: 1e-7)
    fresh.update({(letter, chunk): count / totals[letter] for (letter, chunk), count in counts.items()})
    return fresh


def _best_path(spelling: str, phones: Sequence[str], prob: dict[tuple[str, Chunk], float]) -> list[Chunk] | None:
    """Most probable monotone path (hard EM)."""
    letters, sounds = len(spelling), len(phones)
    score = [[0.0] * (sounds + 1) for _ in range(letters + 1)]
    back = [[0] * (sounds + 1) for _ in range(letters + 1)]
    score[0][0] = 1.0
    for i in range(1, letters + 1):
        for j in range(sounds + 1):
            for size in range(min(LONGEST_CHUNK, j) + 1):
                before = score[i - 1][j - size]
                if before == 0.0:
                    continue
                value = before * prob.get((spelling[i - 1], tuple(phones[j - size : j])), 1e-7)
                if value > score[i][j]:
                    score[i][j], back[i][j] = value, size
    if score[letters][sounds] == 0.0:
        return None
    path: list[Chunk] = []
    j = sounds
    for i in range(letters, 0, -1):
        path.append(tuple(phones[j - back[i][j] : j]))
        j -= back[i][j]
    return path[::-1]


def dictionary_entries(lines: Iterable[str]) -> list[Entry]:
    """Return the entries of a Sphinx dictionary whose spelling is letters and apostrophes, first variants only."""
    entries = []
    for line in lines:
        spelling, *phones = line.split()
        if spelling.replace("'", "").isascii() and spelling.replace("'", "").isalpha() and phones:
            entries.append((spelling, tuple(phones)))
    return entries
