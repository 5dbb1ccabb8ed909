"""Names of speakers inside a transcript (``SPEAKER_01:``, ``Speaker 1:``, ``>> JOHN:``), which nobody says."""

import re
from collections.abc import Sequence

_NUMBERED = re.compile(r"^[\[(<]*(?:speaker|spkr?)_\d+[\])>]*:?(?:\s+|$|(?<=:))", re.IGNORECASE)
"""As diarisation writes them; nobody says an underscore, so no colon is asked for."""
_NOUN = re.compile(r"[\[(]*(?:speaker|participant|interviewer|interviewee|respondent)", re.IGNORECASE)
_NUMBER = re.compile(r"#?\d+[\])]*:")
_TURN = re.compile(r"-?>>+")
_NAME = re.compile(r"[A-Z][A-Z.'-]*")
_LONGEST_NAME = 3


def without_speaker_labels(words: Sequence[str]) -> list[str]:
    """Return the words with the names of speakers blanked out; as many as before."""
    said = [_NUMBERED.sub("", word) for word in words]
    for at, word in enumerate(said):
        following = said[at + 1] if at + 1 < len(said) else ""
        if _NOUN.fullmatch(word) and _NUMBER.fullmatch(following):
            said[at] = said[at + 1] = ""
        elif turn := _TURN.match(word):
            for name in _name_of_turn(said, at, word[turn.end() :]):
                said[name] = ""
    return said


def _name_of_turn(words: Sequence[str], at: int, grown: str) -> range:
    """Return where the name stands that subtitles write in capitals behind ``>>``."""
    for end in range(at, min(at + _LONGEST_NAME + 1, len(words))):
        part = (grown if end == at else words[end]).strip()
        if part.endswith(":") and _NAME.fullmatch(part[:-1]):
            return range(at, end + 1)
        if part and not _NAME.fullmatch(part):
            break
    return range(0)
