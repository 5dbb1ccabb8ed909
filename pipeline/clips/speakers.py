"""Whose words: a timed transcript with speaker labels, narrowed to one of them; and when that one speaks.

Edges of cues are rarely exact: a cue holds the beginning of the next one's words. So the narrowed transcript still
knows what others say beside its words (`Transcript.others`): placed together with theirs, its own find their place.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.media.speech import FLOOR_DB, SpeechEnvelope
from pipeline.words import Cue, OtherCue, Transcript, TranscriptWord

MARGIN_S = 0.3
"""How far speech may reach out of its cue."""
MOST_NAMED = 6
NEAR_S = 2.0
"""Others' cues that are no further from one of the speaker's are remembered."""


def said_by(transcript: Transcript, speaker: str | None) -> Transcript:
    """Return what one speaker says.

    Parameters
    ----------
    transcript : Transcript
    speaker : str or None
        A label of its cues, letter case aside. With None, or a name that no cue has, everything is kept: a speaker
        column may number people in its own way. Where the cues name several people and none of them is this one,
        the transcript says so (`Transcript.speaker_unmatched`).
    """
    wanted = (speaker or "").strip().casefold()
    cues = [cue for cue in transcript.cues if (cue.speaker or "").strip().casefold() == wanted]
    if not wanted or len(cues) == len(transcript.cues):
        return transcript
    if not cues:
        return _of_everybody(transcript, speaker or "")
    words: list[TranscriptWord] = []
    kept: list[Cue] = []
    others: list[OtherCue] = []
    for cue, near in zip(transcript.cues, _near(transcript.cues, cues), strict=True):
        said = transcript.words[cue.first_word : cue.end_word]
        if (cue.speaker or "").strip().casefold() == wanted:
            kept.append(replace(cue, first_word=len(words), end_word=len(words) + len(said)))
            words += said
        elif near:
            others.append(OtherCue(cue.start_s, cue.end_s, said, len(words)))
    return replace(transcript, words=tuple(words), cues=tuple(kept), others=tuple(others))


def with_others(transcript: Transcript) -> tuple[Transcript, list[int]]:
    """Return the transcript with the words that others say beside its own, and where its own stand in it."""
    words: list[TranscriptWord] = []
    cues: list[Cue] = []
    own: list[int] = []
    others = list(transcript.others)
    starts: dict[int, list[Cue]] = {}
    for cue in transcript.cues:
        starts.setdefault(cue.first_word, []).append(cue)
    for index in range(len(transcript.words) + 1):
        while others and others[0].before <= index:
            other = others.pop(0)
            cues.append(Cue(other.start_s, other.end_s, len(words), len(words) + len(other.words)))
            words += other.words
        for cue in starts.get(index, ()):
            length = cue.end_word - cue.first_word
            cues.append(replace(cue, first_word=len(words), end_word=len(words) + length))
        if index < len(transcript.words):
            own.append(len(words))
            words.append(transcript.words[index])
    return replace(transcript, words=tuple(words), cues=tuple(cues), others=()), own


def _near(cues: Sequence[Cue], own: Sequence[Cue]) -> list[bool]:
    """Return which cues are near one of the speaker's."""
    starts_s, ends_s = (np.array([getattr(cue, edge) for cue in own]) for edge in ("start_s", "end_s"))
    return [bool(((cue.start_s < ends_s + NEAR_S) & (cue.end_s > starts_s - NEAR_S)).any()) for cue in cues]


def _of_everybody(transcript: Transcript, speaker: str) -> Transcript:
    labels = sorted({label for cue in transcript.cues if (label := (cue.speaker or "").strip())})
    if len(labels) < 2:
        return transcript
    named = ", ".join(repr(label) for label in labels[:MOST_NAMED]) + (", ..." if len(labels) > MOST_NAMED else "")
    problem = (
        f"speaker {speaker.strip()!r} is none of its labels ({named}): everybody's words were kept; write one of "
        "them into the column speaker, or leave it empty"
    )
    return replace(transcript, problems=(*transcript.problems, problem), speaker_unmatched=True)


def speech_of_only_speaker(transcript: Transcript | None, speech: SpeechEnvelope) -> SpeechEnvelope:
    """Return the speech in the cues of a transcript whose cues all name one speaker; else all speech.

    Elsewhere nobody counts as speaking, so that the face whose mouth moves with this voice is found.
    """
    cues = transcript.cues if transcript else ()
    if not cues or len({cue.speaker for cue in cues}) != 1 or cues[0].speaker is None:
        return speech
    own = np.zeros(speech.times_s.size, bool)
    for cue in cues:
        own |= (speech.times_s >= cue.start_s - MARGIN_S) & (speech.times_s < cue.end_s + MARGIN_S)
    if not (speech.active & own).any():
        return speech
    return SpeechEnvelope(
        speech.times_s, np.where(own, speech.level_db, FLOOR_DB).astype(np.float32), speech.active & own
    )
