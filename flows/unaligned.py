"""Which clips of a source speak a language that nothing here can align: said before their words are spread."""

from collections import Counter
from collections.abc import Iterable, Iterator

from extractors.languages import AlignerShelf, base_language
from extractors.wordtiming import WordTimingConfig
from pipeline.clip import Clip


def unaligned(clips: Iterable[Clip], words: WordTimingConfig) -> Iterator[str]:
    """Yield a line for each language whose words will be spread over speech: how many clips, why, what helps.

    Parameters
    ----------
    clips : iterable of Clip
    words : WordTimingConfig
        Of the run; names other aligners.
    """
    shelf = AlignerShelf(words.aligners, words.device, words.g2p)
    spoken = Counter(base_language(clip.language) for clip in clips if _must_be_aligned(clip))
    for language, count in sorted(spoken.items()):
        problem = shelf.missing(language)
        if problem is not None:
            noun = "clip" if count == 1 else "clips"
            yield f"the words of {count} {noun} in {language!r} will only be spread over the speech: {problem}"


def _must_be_aligned(clip: Clip) -> bool:
    """Whether a clip has media, and words without times of their own."""
    if clip.path is None or clip.transcript is None:
        return False
    return any(word.start_s is None or word.end_s is None for word in clip.transcript.words)
