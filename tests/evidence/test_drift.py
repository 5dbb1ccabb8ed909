"""Drift is what it says, and forgives nothing."""

import numpy as np
import pytest

from tests.evidence.drift import correlation, drifts, spread

RNG = np.random.default_rng(1)
WORDS = RNG.normal(5.0, 2.0, (40, 1))


def only(expected, after):
    return drifts(expected, after, spread(expected))[0]


def test_what_stays_does_not_drift():
    found = only(WORDS, WORDS.copy())
    assert (found.drift, found.shift, found.correlation, found.kept, found.words) == (0.0, 0.0, 1.0, 1.0, 40)


def test_a_shift_of_one_deviation_is_a_drift_of_one():
    deviation = float(WORDS.std(ddof=1))
    found = only(WORDS, WORDS + deviation)
    assert found.drift == pytest.approx(1.0) and found.shift == pytest.approx(1.0)
    assert found.correlation == pytest.approx(1.0)


def test_words_that_lose_a_column_are_counted():
    after = WORDS.copy()
    after[:10] = np.nan
    assert only(WORDS, after).kept == 0.75


def test_too_few_words_say_nothing():
    after = np.full_like(WORDS, np.nan)
    after[:5] = WORDS[:5]
    assert np.isnan(only(WORDS, after).drift)


def test_spread_looks_at_known_values_only():
    values = np.array([[1.0], [3.0], [np.nan]])
    assert spread(values) == pytest.approx(np.std([1.0, 3.0], ddof=1))


def test_correlation_of_a_constant_is_not_known():
    assert np.isnan(correlation(np.ones(5), np.arange(5.0)))
    assert correlation(np.arange(5.0), -np.arange(5.0)) == pytest.approx(-1.0)
