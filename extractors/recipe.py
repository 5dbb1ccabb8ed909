"""What decides the features of a clip, as one key: the same key, the same features."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from pipeline.clip import Clip
from pipeline.words import Transcript

LIBRARIES = ("av", "librosa", "mediapipe", "numpy", "opencv-python", "pocketsphinx", "torch", "transformers")


def fingerprint(recipe: Mapping[str, Any], aligner: str | None, clip: Clip, content: str | None) -> str:
    """Return the key that says whether a stored clip is still what an extractor would make.

    Library versions are no part of it: an upgrade that changes values is met by raising the recipe's version.

    Parameters
    ----------
    recipe : mapping
        What, beside the clip, decides its features.
    aligner : str or None
        The sha256 of the aligner of the clip's language, where it is not one of ours: a clip extracted without it is
        made anew once it is installed.
    clip : Clip
    content : str or None
        The sha256 of the media file.
    """
    facts = [recipe, content, clip.start_s, clip.end_s, clip.language, _transcript_key(clip.transcript)]
    key = json.dumps([*facts, aligner] if aligner else facts, sort_keys=True)
    return hashlib.sha256(key.encode()).hexdigest()


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries whose numbers stand in a store."""
    return {name: _version(name) for name in LIBRARIES}


@cache
def _version(name: str) -> str:
    """Look up a version, once: the records of eight packages take a hundredth of a short clip's time."""
    from importlib.metadata import version

    return version(name)


def _transcript_key(transcript: Transcript | None) -> Any:
    if transcript is None:
        return None
    words = [[word.text, word.start_s, word.end_s, word.confidence] for word in transcript.words]
    cues = [[cue.start_s, cue.end_s, cue.first_word, cue.end_word, cue.speaker] for cue in transcript.cues]
    key: list[Any] = [words, cues, transcript.language]
    if transcript.others:
        key.append(
            [[asdict(word) for word in cue.words] + [cue.start_s, cue.end_s, cue.before] for cue in transcript.others]
        )
    return [*key, "speaker_unmatched"] if transcript.speaker_unmatched else key
