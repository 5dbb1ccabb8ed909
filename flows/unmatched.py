"""Which clips ask for a speaker whom their transcripts do not name: said before everybody's words are theirs."""

from collections.abc import Iterable, Iterator

from pipeline.clip import Clip


def unmatched(clips: Iterable[Clip]) -> Iterator[str]:
    """Yield a line that counts such clips and shows one, or nothing."""
    found = [clip for clip in clips if clip.transcript is not None and clip.transcript.speaker_unmatched]
    if found:
        first = found[0].transcript
        assert first is not None, "only clips with a transcript were kept"
        noun = "clip asks" if len(found) == 1 else "clips ask"
        yield (
            f"{len(found)} {noun} for a speaker whom the transcript does not name (flag speaker_unmatched); "
            f"{found[0].clip_id!r}: {first.problems[-1]}"
        )
