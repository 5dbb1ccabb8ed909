"""Forced alignment: spoken words and sound in, the frames of every phone out.

Two exact searches. The first knows the channel and the noise only from levels; the second has learned both from
the first, frame by frame, and also weighs how far each frame stands out of the background. Its best path says where
each phone is, all its paths together where words begin and end (`extractors.alignment.boundaries`). Where the first
finds that noise covers parts of the words (`extractors.acoustics.background`), both are repeated: pauses may then
consist of other voices, and sounds last about as long as usual (`extractors.alignment.durations`). Noise is not
believed in where the words fit better without.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.adaptation import AdaptedModel, noise_of, over_silence, steady_noises
from extractors.acoustics.background import Background, background, other_voices
from extractors.acoustics.cepstra import cepstra, log_mel, with_slopes
from extractors.acoustics.presence import speech_evidence, standing_out_db, two_levels
from extractors.acoustics.sphinx_files import STATES
from extractors.acoustics.sphinx_model import SphinxModel
from extractors.alignment.confidence import SMOOTHING_FRAMES, best_free, fits_of_words, frame_fit
from extractors.alignment.durations import drawn_out, held, with_durations
from extractors.alignment.edges import edge_evidence, word_edges
from extractors.alignment.order_gain import ExactSearch
from extractors.alignment.placed import PlacedPhone, PlacedWord
from extractors.alignment.smacks import without_smacks
from extractors.alignment.viterbi import Path, best_path
from extractors.alignment.word_graph import EAGER_SKIP_LOG, NO_WORD, SKIP_LOG, WordGraph, loose_word_graph, word_graph
from extractors.alignment.word_order import HeardWord, heard_frames, other_orders
from extractors.pronunciation.pronounce import Pronunciation

Float = NDArray[np.float32]
Float64 = NDArray[np.float64]
Int = NDArray[np.int64]
Mask = NDArray[np.bool_]

QUIET_SHARE = 0.1
LEAST_NOISE_FRAMES = 15
QUIET_WIDENING = 2.0
"""The quietest frames vary less than all frames of noise do."""
MARGIN_FRAMES = 4
"""Frames of a pause this near to a word are not counted as noise."""
FILLER_PENALTY = 2.5
"""Nats a frame by which other sound must beat the words in the first loose search."""
FILLER_BELOW, FILLER_RANGE = 3.0, (1.5, 5.0)
"""In the second: as much as this voice usually fits, and so much more, within a range."""
NO_NOISE = 1.5
"""Nats a frame by which words fit better without noise where there is none: what little a connected voice leaves
between its words may look like it. At 10 dB of noise the words of 91 clips fit better without by 0.5 at most."""
LOOSE_SEARCHES, UNSPOKEN = 4, np.float32(-1e4)
"""At most, each without words where the one before it held a phone too long; what phones score there."""
LEVEL_WEIGHT, LEVEL_WEIGHT_BABBLE = 3.0, 1.0
"""Levels are smooth over about this many frames less than spectra are; those of babble say less."""


@dataclass(frozen=True, slots=True, eq=False)
class ForcedAlignment:
    """Every spoken word in its place, and what a judge of the fit needs to know."""

    words: tuple[PlacedWord, ...]
    """On the best path."""
    edges: Float64
    """[shape=(L, 2)] where each word begins and ends by all paths, in frames and parts of them; not decreasing."""
    lag: float
    """The beam, in nats, that a pruning search would have needed."""
    fit: Float
    """[shape=(T,)] how much better each frame of a word fits its place than any phone
    (`extractors.alignment.confidence`); between words 0."""
    order_gain: float | None = None
    """Nats by which the same words in another order explain the sound better; None: not asked, or one word."""


def align(
    model: SphinxModel,
    words: Sequence[Sequence[Pronunciation]],
    samples: Float,
    orders: bool = False,
    noise: bool = False,
) -> ForcedAlignment | None:
    """Place spoken words in sound; None if there are too few frames to hold their phones (three each).

    Parameters
    ----------
    model : SphinxModel
    words : sequence of sequence of Pronunciation
        Each spoken word with its pronunciations, none empty.
    samples : ndarray [shape=(N,)]
        16 kHz mono.
    orders : bool
        Whether to compare with other orders of the words.
    noise : bool
        Whether to listen for noise that covers words; not where the words may be others than those that are said.
    """
    mel = log_mel(samples)
    features = with_slopes(cepstra(mel))
    level_db = standing_out_db(mel)
    searches = _first_searches(model, word_graph(model, words), mel, features, level_db, noise)
    found = [each for search in searches if (each := _placement(model, search, mel, features, level_db))]
    if not found:
        return None
    best = found[0] if found[0].clip_fit > found[-1].clip_fit + NO_NOISE else found[-1]
    search, gain = best.search, None
    if orders and len(best.words) > 1:
        heard = [_heard(model, word) for word in best.words]
        exact = ExactSearch(model, best.adapted, words, features, best.evidence, search.timed)
        gain = exact.gain(other_orders(model, heard, best.plain, best.evidence))
    spoken, pauses = _spoken(search.graph, search.path)
    weighed = search.graph.weighed(best.own, edge_evidence(level_db, pauses, spoken, search.behind))
    edges = word_edges(search.graph, weighed, best.path, best.words, search.behind)
    return ForcedAlignment(best.words, edges, best.path.lag, best.fit, gain)


def align_loosely(
    model: SphinxModel, words: Sequence[Sequence[Pronunciation]], samples: Float, eager: bool = False
) -> dict[int, PlacedWord]:
    """Find which of the words are spoken in the sound, in order, and roughly where.

    Words may be missing, at the end above all, and the sound may hold anything beside them. The second of two
    searches has learned channel and noise from the words of the first, and how well this voice fits.

    Returns
    -------
    dict
        The words that were found, by their index.
    """
    mel = log_mel(samples)
    features = with_slopes(cepstra(mel))
    graph = loose_word_graph(model, words, EAGER_SKIP_LOG if eager else SKIP_LOG)
    adapted = _first_model(model, mel, features, standing_out_db(mel))
    path, fit = _loose_path(model, graph, features, adapted, FILLER_RANGE[1] if eager else FILLER_PENALTY)
    spoken = graph.words[path.states] != NO_WORD
    if spoken.any():
        # The noise of a whole minute is a mixture of many; the quietest is kept.
        error = adapted.channel_error(features[spoken], _senones(graph, path)[spoken])
        adapted = AdaptedModel(model, adapted.channel + error, adapted.noise, adapted.others)
        below = float(np.clip(FILLER_BELOW - np.median(fit[spoken]), *FILLER_RANGE))
        penalty = FILLER_RANGE[1] if eager else below
        path, _ = _loose_path(model, graph, features, adapted, penalty)
    return _placed_words(model, graph, path)


@dataclass(frozen=True, slots=True, eq=False)
class _Placement:
    """What the second search found, and with what."""

    search: "_Search"
    adapted: AdaptedModel
    path: Path
    words: tuple[PlacedWord, ...]
    fit: Float
    clip_fit: float
    own: Float
    """[shape=(T, U)] scores of the graph's senones."""
    plain: Float
    """[shape=(T, 3 P)] of all states without context, where words are."""
    evidence: Float64
    """[shape=(T,)] of speech."""


def _placement(
    model: SphinxModel, search: "_Search", mel: Float, features: Float, level_db: Float64
) -> _Placement | None:
    """Search again with what the first search tells of channel and noise."""
    graph, behind = search.graph, search.behind
    first_spoken, pauses = _spoken(graph, search.path)
    adapted = _adapted(model, search, mel, features)
    own, free = _both_scores(model, adapted, features, graph.senones)
    weight = LEVEL_WEIGHT if behind.loud is None else LEVEL_WEIGHT_BABBLE
    evidence = weight * speech_evidence(level_db, pauses, first_spoken, behind.noisy)
    path = best_path(graph.graph, graph.weighed(own, evidence))
    if path is None:
        return None
    aligned = own[np.arange(len(own)), np.asarray(graph.graph.labels)[path.states]]
    spoken, _ = _spoken(graph, path)
    words = without_smacks(list(_placed_words(model, graph, path).values()))
    heard = [_heard(model, word) for word in words]
    near = ~_eroded(~spoken, SMOOTHING_FRAMES // 2) | heard_frames(heard, len(features))
    plain = _plain_scores(model, adapted, features, graph, free, near)
    fit = np.asarray(np.where(spoken, frame_fit(aligned, plain), 0.0), np.float32)
    return _Placement(search, adapted, path, words, fit, fits_of_words(words, fit)[1], own, plain, evidence)


def _heard(model: SphinxModel, word: PlacedWord) -> HeardWord:
    return HeardWord(tuple(model.number(phone.name) for phone in word.phones), word.start_frame, word.end_frame)


def _both_scores(model: SphinxModel, adapted: AdaptedModel, features: Float, senones: Int) -> tuple[Float, Float]:
    """[T, U], [T, 3 P] the scores of senones, and of the plain states of the same phones, which cost little more.

    States of other phones are 0 until `_plain_scores` has them.
    """
    free = np.zeros((len(features), model.plain_senones.size), np.float32)
    same = _of_phones(model, senones)
    scores = adapted.scores(features, np.concatenate([senones, model.plain_senones.reshape(-1)[same]]))
    free[:, same] = scores[:, senones.size :]
    return np.ascontiguousarray(scores[:, : senones.size]), free


def _of_phones(model: SphinxModel, senones: Int) -> Mask:
    """[3 P] which plain states belong to the phones of some senones."""
    return np.isin(np.arange(len(model.plain_senones)), model.senone_phone[senones]).repeat(STATES)


def _plain_scores(
    model: SphinxModel, adapted: AdaptedModel, features: Float, graph: WordGraph, free: Float, near: Mask
) -> Float:
    """[T, 3 P] complete ``free`` by the phones that no word has; frames that are not near any word are 0."""
    rest = ~_of_phones(model, graph.senones)
    plain = np.where(near[:, None], free, np.float32(0.0))
    plain[np.ix_(near, rest)] = adapted.scores(features[near], model.plain_senones.reshape(-1)[rest])
    return plain


def _loose_path(
    model: SphinxModel, graph: WordGraph, features: Float, adapted: AdaptedModel, penalty: float
) -> tuple[Path, Float]:
    """Return the best path through a loose graph, and the fit of its frames.

    Where a phone is held too long, nobody speaks: the search is repeated with no words there.
    """
    free = model.plain_senones.reshape(-1)
    scores = adapted.scores(features, np.concatenate([graph.senones, free]))
    own, free_scores = scores[:, : -free.size], scores[:, -free.size :]
    filler = best_free(free_scores)[:, None] - np.float32(penalty)
    weighed = np.concatenate([own, filler], axis=1)
    path = _any_path(graph, weighed)
    for _ in range(LOOSE_SEARCHES - 1):
        wordless = held(_placed_words(model, graph, path).values(), len(own))
        if not wordless.any():
            break
        weighed[np.ix_(wordless, np.append(~graph.silent_senones, False))] = UNSPOKEN
        path = _any_path(graph, weighed)
    aligned = weighed[np.arange(len(own)), np.asarray(graph.graph.labels)[path.states]]
    return path, frame_fit(aligned, free_scores)


def _any_path(graph: WordGraph, weighed: Float) -> Path:
    path = best_path(graph.graph, weighed)
    if path is None:
        raise AssertionError("the filler alone is a path through any sound")
    return path


def _first_model(model: SphinxModel, mel: Float, features: Float, level_db: Float64) -> AdaptedModel:
    """Channel from the loud half of the frames, noise from the quietest."""
    loudness = mel.mean(axis=1)
    quiet = np.argsort(loudness, kind="stable")[: max(LEAST_NOISE_FRAMES, int(QUIET_SHARE * len(mel)))]
    active = level_db > np.mean(two_levels(level_db))
    heard = features[active, 0] if active.any() else features[:, 0]
    noise = noise_of(mel, features, quiet, QUIET_WIDENING)
    return AdaptedModel(model, heard.mean(axis=0) - model.speech_mean, noise, steady_noises(mel, features))


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """What the first search found, and with what."""

    graph: WordGraph
    timed: bool
    """Whether the graph knows how long sounds last."""
    path: Path
    acoustics: AdaptedModel
    behind: Background


def _first_searches(
    model: SphinxModel, graph: WordGraph, mel: Float, features: Float, level_db: Float64, noise: bool
) -> list[_Search]:
    """Search with what levels tell of channel and noise; where noise covers words, once more for that.

    Where a sound lasts too long, words may have swallowed the noise: that counts if the second search hears it
    between them. Nothing where the frames are too few.
    """
    first = _first_model(model, mel, features, level_db)
    scores = first.scores(features, graph.senones)
    path = best_path(graph.graph, scores)
    if path is None:
        return []
    spoken, pauses = _spoken(graph, path)
    behind = background(mel, features, spoken, np.flatnonzero(pauses)) if noise else Background(False, None)
    plain = _Search(graph, False, path, first, Background(False, None))
    if not noise or not (behind.noisy or drawn_out(_placed_words(model, graph, path).values())):
        return [plain]
    graph = with_durations(model, graph, len(mel))
    voices = other_voices(mel, features, level_db > np.mean(two_levels(level_db)))
    first = first.with_others(voices)
    path = best_path(graph.graph, over_silence(scores, graph.silent_senones, voices, features))
    if path is None:
        raise AssertionError("a graph with durations needs no more frames than one without")
    spoken, pauses = _spoken(graph, path)
    again = background(mel, features, spoken, np.flatnonzero(pauses))
    if not again.noisy and not behind.noisy:
        return [plain]
    return [plain, _Search(graph, True, path, first, replace(again, noisy=True))]


def _adapted(model: SphinxModel, search: _Search, mel: Float, features: Float) -> AdaptedModel:
    """Learn the channel from the frames that a search put into words, the noise from those it put between them.

    Under the words noise that comes and goes is taken for as loud as its loud part; pauses may be quieter.
    """
    before = search.acoustics
    spoken, pauses = _spoken(search.graph, search.path)
    rest = np.flatnonzero(pauses)
    noise = noise_of(mel, features, rest) if rest.size >= LEAST_NOISE_FRAMES else before.noise
    others = before.others
    if search.behind.loud is not None:
        noise, others = search.behind.loud, (*others, noise, before.noise)
    senones = _senones(search.graph, search.path)
    channel = before.channel + before.channel_error(features[spoken], senones[spoken])
    return AdaptedModel(model, channel, noise, others)


def _spoken(graph: WordGraph, path: Path) -> tuple[Mask, Mask]:
    """[T], [T] the frames of words, and those of pauses away from words."""
    spoken = graph.words[path.states] != NO_WORD
    return spoken, _eroded(~spoken, MARGIN_FRAMES)


def _senones(graph: WordGraph, path: Path) -> Int:
    """[T] senone of each frame."""
    return np.asarray(graph.senones[np.asarray(graph.graph.labels)[path.states]])


def _eroded(mask: Mask, frames: int) -> Mask:
    """[T] True where the mask is True for so many frames to both sides; the ends count as True."""
    padded = np.pad(mask, frames, constant_values=True)
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * frames + 1).all(axis=1))


def _placed_words(model: SphinxModel, graph: WordGraph, path: Path) -> dict[int, PlacedWord]:
    """Cut the path where the word or the place in it changes."""
    words, places = graph.words[path.states], graph.places[path.states]
    cuts = np.flatnonzero((np.diff(words) != 0) | (np.diff(places) != 0)) + 1
    edges = [0, *cuts.tolist(), len(words)]
    found: dict[int, list[PlacedPhone]] = {}
    for start, end in pairwise(edges):
        if words[start] != NO_WORD:
            name = model.phones[graph.phones[path.states[start]]]
            found.setdefault(int(words[start]), []).append(PlacedPhone(name, start, end))
    return {number: PlacedWord(tuple(phones)) for number, phones in found.items()}
