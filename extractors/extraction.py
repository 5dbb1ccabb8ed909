"""Extraction: a clip in, an aligned clip out. One pass over the file, every modality, no Prefect.

The flow of one clip: read its media (face landmarks frame by frame, audio on the way), find speech, choose
the speaker's face, compute voice features, time the words, pool both tracks to the words, cut utterances,
embed the words.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from extractors.audio import AudioQuality, audio_columns, audio_quality, audio_track
from extractors.extraction_config import DEVICES, PRESETS, Device, ExtractionConfig, NativeConfig, preset
from extractors.face import TIME_DIGITS, FaceExtractor, FaceResult, face_columns
from extractors.languages import ENGLISH, base_language
from extractors.one_core import one_core
from extractors.pronunciation.espeak import espeak_version
from extractors.recipe import fingerprint, library_versions
from extractors.recognise import Recogniser, recogniser_folder
from extractors.text import TextExtractor, model_digest, text_origin
from extractors.word_rhythm import with_rhythm
from extractors.wordtiming import TimedWords, WordTimer, window_words
from pipeline.aligned import FLAGS, AlignedClip, ClipInfo
from pipeline.clip import Clip
from pipeline.clips.speakers import speech_of_only_speaker
from pipeline.errors import EmptyClipError
from pipeline.files import content_sha256
from pipeline.media.sound import RATE_HZ, Audio
from pipeline.media.speech import SpeechEnvelope, speech_envelope
from pipeline.pooling import pool, pooling_words, with_pauses
from pipeline.room import Room
from pipeline.segments import cut
from pipeline.streams import MediaReader
from pipeline.track import FeatureTrack, empty_track
from pipeline.words import Word

EXTRACTION_VERSION = 9
"""Raised whenever the same clip and configuration would give other values: stores are then made anew."""
__all__ = [
    "DEVICES",
    "EXTRACTION_VERSION",
    "PRESETS",
    "Device",
    "ExtractionConfig",
    "Extractor",
    "NativeConfig",
    "preset",
]


@dataclass(frozen=True, slots=True, eq=False)
class _Media:
    """What one pass over a file gave, on the clip's clock."""

    audio: Audio | None
    speech: SpeechEnvelope | None
    face: FaceResult | None
    duration_s: float
    figures: dict[str, Any]


class Extractor:
    """Extracts clips one after the other; models are loaded when first needed and shared by all clips.

    Parameters
    ----------
    config : ExtractionConfig, optional
    device : {"auto", "cpu", "cuda"}
        Where the torch models run. `auto` reads words on the CPU: BERT is a hundredth of a clip's cost, and a store
        whose clips were read on several kinds of device would depend on which machine did which clip.
    scratch : Path, optional
        A folder on a disk, for the rows of recordings of more than some minutes while they are made, in files
        without names; without it they lie in memory, some 2 MB a minute.
    """

    def __init__(
        self, config: ExtractionConfig | None = None, device: Device = "auto", scratch: Path | None = None
    ) -> None:
        self.config = config or ExtractionConfig()
        self.device: Device = device
        self._room = Room(scratch)

    @cached_property
    def _text(self) -> TextExtractor:
        return TextExtractor(self.config.text, "cpu" if self.device == "auto" else self.device)

    @cached_property
    def _face(self) -> FaceExtractor:
        return FaceExtractor(self.config.face)

    @cached_property
    def _timer(self) -> WordTimer:
        words = self.config.words
        return WordTimer(words if self.device == "auto" else words.model_copy(update={"device": self.device}))

    @cached_property
    def _recogniser(self) -> Recogniser | None:
        return Recogniser(self.config.recogniser) if self.config.recogniser else None

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """What, beside a clip, decides its features: configuration, version of our rules, model hashes."""
        config = self.config
        models = {"text": text_origin(config.text), "face": config.face.bundle_file()[1]}
        if config.recogniser:
            models["recogniser"] = model_digest(recogniser_folder(config.recogniser.model))
        if config.words.g2p == "espeak":
            models["g2p"] = f"espeak-ng {espeak_version()}"
        return {"version": EXTRACTION_VERSION, "config": config.model_dump(mode="json"), "models": models}

    def fingerprint(self, clip: Clip, content: str | None) -> str:
        """Return the key that says whether a stored clip is still what this extractor would make.

        Parameters
        ----------
        content : str or None
            The sha256 of the media file.
        """
        return fingerprint(self.recipe, self._aligner_digest(clip), clip, content)

    def _aligner_digest(self, clip: Clip) -> str | None:
        """Return what tells the clip's aligner from others; all of them if its language is yet to be heard."""
        unheard = self._recogniser_decides(clip) and not _has_text(clip)
        shelf = self._timer.shelf
        return shelf.digest_of_all() if unheard else shelf.digest(clip.language)

    def _recogniser_decides(self, clip: Clip) -> bool:
        """Whether the language is the recogniser's to tell: English is also what nobody stated."""
        return self.config.recogniser is not None and base_language(clip.language) == ENGLISH

    @one_core()
    def extract(self, clip: Clip, content: str | None = None) -> AlignedClip:
        """Extract one clip, on one core: its bytes do not depend on how many there are.

        Parameters
        ----------
        clip : Clip
        content : str, optional
            The sha256 of the media file, computed here if not given.

        Raises
        ------
        EmptyClipError
            No modality remains of it.
        MediaError
            The file cannot be read.
        """
        if content is None and clip.path is not None:
            content = content_sha256(clip.path)
        media = self._read(clip)
        if media.audio is None and _no_face(media) and not _has_text(clip):
            raise EmptyClipError(
                f"clip {clip.clip_id!r}: no audio, no face in any frame and no transcript; nothing remains to "
                "measure; add a transcript or leave the clip out"
            )
        as_found, problem = clip, self._unwritable(clip, media)
        clip = clip if problem else self._with_words(clip, media)
        timed = self._words(clip, media, recognised=clip is not as_found)
        rows = with_pauses(timed.words, media.duration_s, self.config.pooling)
        segments = cut(rows, self.config.segments)
        text = self._text.embed([word.text for word in rows], segments)
        audio, quality = self._voice(media)
        face = media.face.track if media.face else empty_track(tuple(c.name for c in face_columns(self.config.face)))
        over = pooling_words(rows, media.duration_s, self.config.pooling)
        voice_rows = with_rhythm(pool(audio, over, self.config.pooling), rows, heard=media.audio is not None)
        flags = _flags(clip, media, timed, quality, recognised=clip is not as_found, unwritable=bool(problem))
        return AlignedClip(
            clip_id=clip.clip_id,
            words=rows,
            text=text.words,
            audio=voice_rows,
            face=pool(face, over, self.config.pooling),
            native={
                "audio": audio if self.config.native.audio else empty_track(audio.names),
                "face": face if self.config.native.face else empty_track(face.names),
            },
            pieces=text.pieces,
            segments=segments,
            duration_s=media.duration_s,
            flags=flags,
            info=ClipInfo(clip.label, clip.split, clip.speaker, clip.video_id, clip.language),
            provenance={
                "content_sha256": content,
                "fingerprint": self.fingerprint(as_found, content),
                "recipe": self.recipe,
                "libraries": library_versions(),
                "media": media.figures,
                "quality": {
                    **(quality.figures if quality else {}),
                    **(media.face.quality if media.face else {}),
                    **timed.quality,
                    **({"recogniser_problem": problem} if problem else {}),
                },
            },
        )

    def _read(self, clip: Clip) -> _Media:
        """Read the clip's media once: landmarks of every frame, audio beside them."""
        if clip.path is None:
            return _Media(None, None, None, 0.0, {})
        first_pts_s: float | None = None
        frames = 0
        with (
            MediaReader(clip.path, clip.start_s, clip.end_s, self.config.media) as reader,
            self._face.start(self._room) as session,
        ):
            last_s, last_at_s = 0.0, -1.0
            for frame in reader.frames():
                first_pts_s = frame.pts_s if first_pts_s is None else first_pts_s
                at_s = round(frame.pts_s - first_pts_s, TIME_DIGITS)
                if at_s <= last_at_s:
                    continue  # a file without a time scale: no two pictures are told apart below a microsecond
                last_s, last_at_s = frame.pts_s, at_s
                session.add(frame.image, at_s)
                frames += 1
            audio = reader.audio()
            origin_s = audio.start_pts_s if audio else (first_pts_s or 0.0)
            speech = speech_envelope(audio.samples, audio.rate_hz) if audio else None
            offset_s = (first_pts_s if first_pts_s is not None else origin_s) - origin_s
            voice = speech_of_only_speaker(clip.transcript, speech) if speech else None
            face = session.finish(voice, clock_offset_s=offset_s) if frames else None
            heard_s = audio.duration_s if audio else 0.0
            seen_s = (
                last_s - origin_s + (last_s - first_pts_s) / max(frames - 1, 1) if first_pts_s is not None else 0.0
            )
            figures: dict[str, Any] = {"frames": frames, "problems": list(reader.problems)}
            if audio:
                figures |= {"source_rate_hz": audio.source_rate_hz, "source_channels": audio.source_channels}
        return _Media(audio, speech, face, max(heard_s, seen_s, 0.0), figures)

    def _unwritable(self, clip: Clip, media: _Media) -> str:
        """Return why the recogniser cannot write what the clip lacks; empty if it can, or need not."""
        if self._recogniser is None or media.audio is None or _has_text(clip) or self._recogniser_decides(clip):
            return ""
        if self._recogniser.knows(clip.language):
            return ""
        return f"the recogniser does not know language {clip.language!r}; write a transcript beside the clip"

    def _with_words(self, clip: Clip, media: _Media) -> Clip:
        """Let the speech recogniser, if one is configured, write a missing transcript."""
        if self._recogniser is None or media.audio is None or _has_text(clip):
            return clip
        undecided = self._recogniser_decides(clip)
        heard = self._recogniser.transcribe(media.audio.samples, None if undecided else clip.language)
        language = clip.language if heard.language == ENGLISH else heard.language
        return replace(clip, transcript=heard, language=language) if heard.words else clip

    def _words(self, clip: Clip, media: _Media, recognised: bool) -> TimedWords:
        """Give every word its place; windows where there is no transcript."""
        if clip.transcript is None or not _has_text(clip):
            return TimedWords(window_words(media.duration_s, self.config.words), (), {})
        if clip.path is None:
            words = tuple(Word(word.text, 0.0, 0.0, 0.0, "untimed") for word in clip.transcript.words)
            return TimedWords(words, (), {})
        # without sound the words are spread over the clip: silence takes them to the last rung of the ladder
        silence = np.broadcast_to(np.float32(0.0), (round(media.duration_s * RATE_HZ),))
        samples = media.audio.samples if media.audio else silence
        audible = media.audio is not None
        return self._timer.time(
            clip.transcript, samples, RATE_HZ, rough=recognised, speech=media.speech, audible=audible
        )

    def _voice(self, media: _Media) -> tuple[FeatureTrack, AudioQuality | None]:
        if media.audio is None:
            return empty_track(tuple(column.name for column in audio_columns(self.config.audio))), None
        audio = media.audio
        track = audio_track(audio.samples, audio.rate_hz, self.config.audio, self._room)
        return track, audio_quality(audio.samples, audio.source_rate_hz, audio.clipped_fraction, media.speech)


def _has_text(clip: Clip) -> bool:
    return clip.transcript is not None and bool(clip.transcript.words)


def _no_face(media: _Media) -> bool:
    return media.face is None or not media.face.track.mask.any()


def _flags(
    clip: Clip,
    media: _Media,
    timed: TimedWords,
    quality: AudioQuality | None,
    recognised: bool,
    unwritable: bool,
) -> tuple[str, ...]:
    found = set(timed.flags) | set(quality.flags if quality else ()) | set(media.face.flags if media.face else ())
    if not _has_text(clip):
        found.add("text_missing")
    if clip.transcript is not None and clip.transcript.speaker_unmatched:
        found.add("speaker_unmatched")
    if recognised:
        found.add("text_recognised")
    if unwritable:
        found.add("language_unsupported")
    if media.audio is None:
        found.add("audio_missing")
    if _no_face(media):
        found.add("face_missing")
    return tuple(flag for flag in FLAGS if flag in found)
