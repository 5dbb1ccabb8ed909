"""The acoustic model as it would sound in this recording: its channel added, its noise poured over it.

Vector Taylor series of first order (Moreno, Raj and Stern, ICASSP 1996), in the mel domain. With ``x`` the log mel
power that a Gaussian expects, ``h`` the channel and ``n`` the noise, the recording shows

    y = log(exp(x + h) + exp(n)),   J = dy/dx = 1 / (1 + exp(n - x - h))

so a mean becomes ``y``, a variance ``J^2 var_x + (1 - J)^2 var_n``. What lies far above the noise stays as it was,
what lies below it turns into noise: silence sounds like *this* silence, and a closure is not mistaken for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractors.acoustics.cepstra import inverse_projection, projection
from extractors.acoustics.sphinx_files import STREAMS, WIDTH
from extractors.acoustics.sphinx_model import SILENCE, SphinxModel

Float = NDArray[np.float32]
Int = NDArray[np.int64]

STEADY_FRAMES, STEADY_NEPERS, SAME_NEPERS = 31, 0.55, 1.0
"""A sound that varies by less over 0.31 s is steady; steady sounds that differ by less in level are the same."""
_LEAST_VARIANCE = 0.01
_BLOCK_FRAMES = 1000
_TINY = np.float32(1e-30)
_NOTHING = np.float32(-60.0)
"""What is e^-60 of the strongest Gaussian adds nothing to a sum in 24 bits, as no weight is below 9e-8. Exponentials
much smaller are denormal numbers, which made products ten times slower where sound is unlike the model's voices."""


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """What a recording sounds like when nobody speaks."""

    log_mel: Float
    """[shape=(25,)] mean of the log mel power."""
    variance: Float
    """[shape=(3, 13)] variance of cepstra, slopes and curvatures."""

    def scores(self, features: Float) -> Float:
        """[T, 3, 13] -> [T] log likelihood of each frame as this noise alone: a Gaussian without any slope."""
        mean = np.zeros((STREAMS, WIDTH), np.float32)
        mean[0] = self.log_mel @ projection()
        distance = (features - mean) ** 2 / self.variance + np.log(2.0 * np.pi * self.variance)
        return np.asarray(-0.5 * distance.sum(axis=(1, 2)), np.float32)


def noise_of(mel: Float, features: Float, frames: Int, widen: float = 1.0) -> Noise:
    """Return the noise in some frames.

    Parameters
    ----------
    mel : ndarray [shape=(T, 25)]
    features : ndarray [shape=(T, 3, 13)]
    frames : ndarray of int
        Frames without speech.
    widen : float
        Multiplies the variance, where the frames were chosen for being quiet.
    """
    variance = features[frames].var(axis=0) * widen + _LEAST_VARIANCE
    return Noise(mel[frames].mean(axis=0), variance.astype(np.float32))


def steady_noises(mel: Float, features: Float) -> list[Noise]:
    """Return the steady sounds of a recording (a fan, a hiss that comes and goes), each level apart, quietest first.

    A frame is steady if the log mel power of the 0.3 s around it varies little in all bands together: noise does
    so by less than half a neper, speech by more than one.
    """
    if len(mel) < STEADY_FRAMES:
        return []
    variation = _local_deviation(mel, STEADY_FRAMES).mean(axis=1)
    steady = np.flatnonzero(variation < STEADY_NEPERS) + STEADY_FRAMES // 2
    level = mel[steady].mean(axis=1)
    found: list[Noise] = []
    while steady.size >= STEADY_FRAMES:
        same = level < level.min() + SAME_NEPERS
        if same.sum() >= STEADY_FRAMES:
            found.append(noise_of(mel, features, steady[same]))
        steady, level = steady[~same], level[~same]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _AdaptedPhone:
    """The 128 Gaussians of a phone in each of the three streams, as they sound here."""

    means: Float
    """[shape=(3, 128, 13)]"""
    precisions: Float
    """[shape=(3, 128, 13)]"""
    terms: Float
    """[shape=(3, 128, 27)] times `_powers`: the log density of each Gaussian."""


class AdaptedModel:
    """Scores of senones under a channel and a noise; a phone is adapted when it is first asked for.

    Parameters
    ----------
    model : SphinxModel
    channel : ndarray [shape=(13,)]
    noise : Noise
        Under everything that is said.
    others : sequence of Noise
        Other noises that a pause may consist of.
    """

    def __init__(self, model: SphinxModel, channel: Float, noise: Noise, others: Sequence[Noise] = ()) -> None:
        self.channel, self.noise, self.others = channel, noise, tuple(others)
        self._model = model
        self._phones: dict[int, _AdaptedPhone] = {}

    def with_others(self, others: Sequence[Noise]) -> "AdaptedModel":
        """Return the same model with more noises that a pause may consist of."""
        more = AdaptedModel(self._model, self.channel, self.noise, (*self.others, *others))
        more._phones = self._phones
        return more

    def scores(self, features: Float, senones: Int) -> Float:
        """[T, 3, 13], [U] -> [T, U] log likelihood of each senone in each frame."""
        scores = np.empty((senones.size, len(features)), np.float32)  # time last: maxima run over rows
        owners = self._model.senone_phone[senones]
        groups = [(int(phone), np.flatnonzero(owners == phone)) for phone in np.unique(owners)]
        self._adapt([phone for phone, _ in groups])
        for start in range(0, len(features), _BLOCK_FRAMES):
            block = features[start : start + _BLOCK_FRAMES]
            powers = [_powers(block[:, stream]) for stream in range(STREAMS)]
            for phone, columns in groups:
                part = np.zeros((columns.size, len(block)), np.float32)
                for stream, terms in enumerate(self._phones[phone].terms):
                    density = terms @ powers[stream]
                    peak = density.max(axis=0)
                    np.subtract(density, peak, out=density)
                    np.maximum(density, _NOTHING, out=density)
                    np.exp(density, out=density)
                    weights = self._model.weights[stream][:, senones[columns]].T
                    part += peak + np.log(weights @ density)
                scores[columns, start : start + len(block)] = part
        silent = np.isin(senones, self._model.plain_senones[self._model.number(SILENCE)])
        return over_silence(np.ascontiguousarray(scores.T), silent, self.others, features)

    def channel_error(self, features: Float, senones: Int) -> Float:
        """Return how far the cepstra are from what their senones expect: what the channel lacks.

        The maximum likelihood estimate of an offset, each Gaussian weighted by its posterior and precision.

        Parameters
        ----------
        features : ndarray [shape=(T, 3, 13)]
        senones : ndarray [shape=(T,)]
            The senone of each frame on a path; frames of silence left out.
        """
        over, under = np.zeros(WIDTH), np.full(WIDTH, 1e-6)
        phones = self._model.senone_phone[senones]
        self._adapt(np.unique(phones).tolist())
        for phone in np.unique(phones):
            here = phones == phone
            static, adapted = features[here, 0], self._phones[int(phone)]
            weights = np.log(self._model.weights[0][:, senones[here]].T + _TINY)
            density = (adapted.terms[0] @ _powers(static)).T + weights
            posterior = np.exp(density - density.max(axis=1, keepdims=True))
            posterior /= posterior.sum(axis=1, keepdims=True)
            precision, mean = adapted.precisions[0], adapted.means[0]  # 128 13
            weight = posterior @ precision  # T 13
            over += (static * weight - posterior @ (precision * mean)).sum(axis=0)
            under += weight.sum(axis=0)
        return np.asarray(over / under, np.float32)

    def _adapt(self, phones: Sequence[int]) -> None:
        """Adapt the phones that were not asked for before, all at once."""
        new = [phone for phone in phones if phone not in self._phones]
        if not new:
            return
        means, variances = self._model.means[new], self._model.variances[new]  # P 3 128 13
        expected = (means[:, 0] + self.channel) @ inverse_projection()  # P 128 25
        above = expected - self.noise.log_mel
        near = np.exp(-np.abs(above))  # of the two powers, the smaller over the larger
        # Diagonal of the Jacobian in the cepstral domain; of the slopes, whose Gaussians are not paired with those
        # of the cepstra, the phone's mean.
        jacobian = np.where(above > 0.0, 1.0, near) / (1.0 + near)
        share = np.clip(jacobian @ (inverse_projection().T * projection()), 0.0, 1.0)[:, None]  # P 1 128 13
        mean_share = np.broadcast_to(share.mean(axis=2, keepdims=True), share.shape)
        shares = np.concatenate([share, mean_share, mean_share], axis=1)  # P 3 128 13
        shown = means * shares
        shown[:, 0] = (np.maximum(expected, self.noise.log_mel) + np.log1p(near)) @ projection()
        spread = shares**2 * variances + (1.0 - shares) ** 2 * self.noise.variance[:, None]
        precisions = np.asarray(1.0 / spread, np.float32)
        terms = _terms(shown, precisions)
        for index, phone in enumerate(new):
            self._phones[phone] = _AdaptedPhone(shown[index], precisions[index], terms[index])


def over_silence(scores: Float, silent: NDArray[np.bool_], noises: Sequence[Noise], features: Float) -> Float:
    """Let pauses consist of noises too: what silence scores [T, U] is at least what any of them does.

    Parameters
    ----------
    scores : ndarray [shape=(T, U)]
    silent : ndarray [shape=(U,)]
        Which columns are senones of silence.
    noises : sequence of Noise
    features : ndarray [shape=(T, 3, 13)]
    """
    if not noises:
        return scores
    loudest = np.max([noise.scores(features) for noise in noises], axis=0)
    return np.where(silent, np.maximum(scores, loudest[:, None]), scores)


def _local_deviation(values: Float, frames: int) -> Float:
    """[T, D] -> [T - frames + 1, D] standard deviation over so many frames."""
    centred = values.astype(np.float64) - values.mean(axis=0)
    sums = np.cumsum(np.pad(centred, ((1, 0), (0, 0))), axis=0)
    squares = np.cumsum(np.pad(centred**2, ((1, 0), (0, 0))), axis=0)
    mean = (sums[frames:] - sums[:-frames]) / frames
    square = (squares[frames:] - squares[:-frames]) / frames
    return np.asarray(np.sqrt(np.maximum(square - mean**2, 0.0)), np.float32)


def _powers(values: Float) -> Float:
    """[T, 13] -> [27, T]: the values, their squares, and one."""
    return np.concatenate([values.T, values.T**2, np.ones((1, len(values)), np.float32)])


def _terms(mean: Float, precision: Float) -> Float:
    """[..., 13] twice -> [..., 27]: these times `_powers` is the log density of each Gaussian."""
    constant = -0.5 * (mean**2 * precision - np.log(precision) + np.log(2.0 * np.pi)).sum(axis=-1, keepdims=True)
    return np.asarray(np.concatenate([mean * precision, -0.5 * precision, constant], axis=-1), np.float32)
