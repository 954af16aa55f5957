"""Forecast distributions as quantiles: scores of values, and intervals that past scores correct."""

from dataclasses import fields

import numpy as np
import pytest
from rnnzoo.pipelines.evaluation.conformal import ErrorMemory
from rnnzoo.pipelines.evaluation.conformal_runs import Track, follow
from rnnzoo.pipelines.evaluation.distributions import LEVELS, MOST, quantile, score
from scipy import stats

NORMAL = stats.norm.ppf(LEVELS)
ROWS = np.zeros(1, int)


def test_the_score_of_a_value_leads_back_to_it():
    rng = np.random.default_rng(0)
    quantiles = np.cumsum(rng.exponential(size=(500, len(LEVELS))), axis=1)
    y = rng.uniform(quantiles[:, 1] - 1, quantiles[:, -2] + 1)
    z = score(y, quantiles, False, np.zeros(500, int))
    inside = np.abs(z) < MOST
    assert inside.mean() > 0.9
    np.testing.assert_allclose(quantile(z, quantiles, False)[inside], y[inside], rtol=1e-9)


def test_scores_of_a_right_distribution_are_normal_of_counts_too():
    rng = np.random.default_rng(1)
    scale = np.exp(rng.normal(size=4000))
    z = score(scale * rng.normal(size=4000), scale[:, None] * NORMAL, False, np.arange(4000))
    rate = np.exp(rng.normal(0, 1, 4000))
    quantiles = stats.poisson.ppf(LEVELS, rate[:, None])
    counts = score(rng.poisson(rate).astype(float), quantiles, True, np.arange(4000))
    for found, tolerance in ((z, 0.03), (counts, 0.06)):
        assert stats.kstest(found, "norm").statistic < tolerance


def test_values_beyond_all_quantiles_and_equal_quantiles():
    far = np.array([-1e9, 1e9])
    np.testing.assert_array_equal(score(far, NORMAL, False, ROWS), [-MOST, MOST])
    assert score(np.array([2.5]), NORMAL, False, ROWS) == pytest.approx(2.5)
    flat = np.full(len(LEVELS), 7.0)
    np.testing.assert_array_equal(
        score(np.array([6.0, 7.0, 8.0]), flat, False, ROWS), [-MOST, 0, MOST]
    )
    np.testing.assert_array_equal(quantile(np.array([-3.0, 0.0, 3.0]), flat, False), [7, 7, 7])
    assert np.isnan(score(np.array([1.0]), np.full((1, len(LEVELS)), np.nan), False, ROWS)).all()


def test_quantiles_of_counts_are_counts_in_order():
    quantiles = stats.nbinom.ppf(LEVELS, 2, 0.3)
    z = np.linspace(-5, 5, 101)
    found = quantile(z, quantiles, True)
    assert (found == found.round()).all() and found.min() == 0
    assert (np.diff(found) >= 0).all()


def volatile(rows, seed=3):
    """A series whose spread changes, and a head that knows it but for a factor of 2."""
    rng = np.random.default_rng(seed)
    sizes = np.exp(np.sin(np.arange(rows + 1) / 9))
    y = sizes * rng.normal(size=rows + 1)
    of_head = 0.5 * sizes[1:, None, None] * NORMAL
    return y[:rows], y[1:], of_head


def test_a_head_is_recalibrated_and_keeps_what_it_knows_of_the_spread():
    y, truth, of_head = volatile(2000)
    at, none = np.arange(2000), np.zeros((2000, 1))
    levels = [0.1, 0.9]
    _, (found,) = follow(
        ErrorMemory.empty(1, 1, levels=len(LEVELS)),
        [Track(at, y, at, none, distributions=of_head)],
        levels,
    )
    _, (errors,) = follow(ErrorMemory.empty(1, 1), [Track(at, y, at, none)], levels)
    later = slice(300, None)

    def coverage(quantiles):
        low, high = quantiles[:, later, 0]
        return ((low <= truth[later]) & (truth[later] <= high)).mean()

    alone = (
        of_head[:, 0, [0, 0]] * 0
        + quantile(stats.norm.ppf(levels)[:, None], of_head[:, 0], False).T
    )
    assert coverage(alone.T[..., None]) < 0.55
    assert coverage(found) == pytest.approx(0.8, abs=0.02)

    def pinball(quantiles):
        distance = truth[later] - quantiles[:, later, 0]
        above = np.array(levels)[:, None]
        return np.maximum(above * distance, (above - 1) * distance).mean()

    assert pinball(found) < 0.95 * pinball(errors)


def test_streamed_is_batch_bit_for_bit_and_nothing_later_is_used():
    y, _, of_head = volatile(160)
    made = np.repeat(of_head, 3, axis=1)
    at, none = np.arange(160), np.zeros((160, 3))

    def track(rows, values=y):
        own = np.arange(len(at[rows]))
        return [Track(at[rows], values[rows], own, none[rows], distributions=made[rows])]

    empty = ErrorMemory.empty(1, 3, 7, len(LEVELS))
    whole, (quantiles,) = follow(empty, track(slice(None)), [0.2, 0.7])
    streamed, parts = empty, []
    for first, end in ((0, 40), (40, 41), (41, 160)):
        streamed, (part,) = follow(streamed, track(slice(first, end)), [0.2, 0.7])
        streamed = ErrorMemory.from_arrays(streamed.to_arrays())
        parts.append(part)
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), quantiles)
    for field in fields(ErrorMemory):
        np.testing.assert_array_equal(getattr(streamed, field.name), getattr(whole, field.name))
    changed = np.where(at > 90, 1e6, y)
    _, (other,) = follow(empty, track(slice(None), changed), [0.2, 0.7])
    np.testing.assert_array_equal(other[:, :91], quantiles[:, :91])
    assert (other[:, 91:] != quantiles[:, 91:]).any()
