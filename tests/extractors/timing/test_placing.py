from functools import cache

import numpy as np
import pytest

from extractors.wordtiming import TimedWords, WordTimer, WordTimingConfig
from pipeline.clips.speakers import said_by
from pipeline.words import Cue, Transcript, TranscriptWord
from tests.extractors.synthetic_speech import RATE_HZ, SplicedSpeech, needs_espeak, spliced

TURNS = ((0, 4), (4, 7), (7, 10))
"""Ann, Bob, Ann."""


@cache
def timer() -> WordTimer:
    return WordTimer(WordTimingConfig())


@cache
def speech() -> SplicedSpeech:
    words = "movie really never brilliant paper people seven yellow kitchen machine".split()
    return spliced(tuple(words), 6, voice="en-us", rate=150)


def talk(offs_s: tuple[float, ...]) -> Transcript:
    """Return the turns; the two edges of each cue are off by so much, one after the other."""
    edges_s = [edge for first, end in TURNS for edge in (speech().truth_s[first, 0], speech().truth_s[end - 1, 1])]
    starts = np.maximum(np.array(edges_s) + np.array(offs_s), 0.0).reshape(-1, 2)
    cues = [
        Cue(float(start), float(end), *turn, "Ann" if at % 2 == 0 else "Bob")
        for at, ((start, end), turn) in enumerate(zip(starts, TURNS, strict=True))
    ]
    return Transcript(tuple(TranscriptWord(word) for word in speech().words), "en", tuple(cues))


def heard(transcript: Transcript) -> TimedWords:
    return timer().time(transcript, speech().samples, RATE_HZ)


def worst_s(found: TimedWords, *turns: int) -> float:
    truth = np.concatenate([speech().truth_s[slice(*TURNS[turn])] for turn in turns])
    return float(np.abs(np.array([(word.start_s, word.end_s) for word in found.words]) - truth).max())


@needs_espeak
@pytest.mark.parametrize("off_s", [0.0, 0.3, 0.6])
@pytest.mark.parametrize("signs", [(-1, 1, 1, -1, -1, 1), (1, -1, -1, 1, 1, -1), (-1, 1, -1, 1, -1, 1)])
def test_edges_of_cues_that_are_off_do_not_move_one_speakers_words(off_s: float, signs: tuple[int, ...]) -> None:
    transcript = talk(tuple(off_s * sign for sign in signs))
    for speaker, turns in (("Ann", (0, 2)), ("Bob", (1,))):
        found = heard(said_by(transcript, speaker))
        assert worst_s(found, *turns) < 0.2
        assert "transcript_mismatch" not in found.flags and "proportional_times" not in found.flags


@needs_espeak
def test_a_cue_of_words_that_nobody_says_does_not_move_its_neighbours() -> None:
    transcript = talk((0.0,) * 6)
    wrong = tuple(TranscriptWord(word) for word in ("thirty", "purple", "elephants"))
    found = heard(
        said_by(Transcript((*transcript.words[:4], *wrong, *transcript.words[7:]), "en", transcript.cues), "Ann")
    )
    assert worst_s(found, 0, 2) < 0.2


@needs_espeak
def test_a_subtitle_of_two_speakers_is_searched_for_both() -> None:
    whole = (0.0, float(speech().truth_s[-1, 1]))
    cues = tuple(
        Cue(*whole, first, end, name) for (first, end), name in zip(TURNS, ("Ann", "Bob", "Cid"), strict=True)
    )
    transcript = Transcript(tuple(TranscriptWord(word) for word in speech().words), "en", cues)
    assert worst_s(heard(said_by(transcript, "Bob")), 1) < 0.2
