"""Entries of timed transcripts: a stretch of time and what is said in it, as words of the language."""

from pipeline.words import TranscriptWord
from pipeline.writing import written_words


def entry_words(
    text: str, language: str, start_s: float | None, end_s: float | None, confidence: float | None = None
) -> list[TranscriptWord]:
    """Return the words of an entry.

    One word has the entry's times. Of several, in a language written without blanks, each gets an equal part of them:
    its characters last about equally long. In other languages they get none; a search knows better where in the
    entry they are.

    Parameters
    ----------
    text : str
    language : str
        BCP 47 tag; decides what a word is.
    start_s, end_s : float or None
    confidence : float or None
        Holds for each of them.
    """
    found = written_words(text, language)
    if start_s is None or end_s is None or len(text.split()) > 1:
        return [TranscriptWord(word, None, None, confidence) for word in found]
    edges = [start_s + (end_s - start_s) * index / len(found) for index in range(len(found))] + [end_s]
    return [TranscriptWord(word, edges[index], edges[index + 1], confidence) for index, word in enumerate(found)]
