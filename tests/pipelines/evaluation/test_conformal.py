"""Adaptive intervals: the laws that they keep, on simulated processes."""

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from rnnzoo.pipelines.evaluation.conformal import SCALERS, ErrorMemory
from rnnzoo.pipelines.evaluation.conformal_runs import Track, follow, moved
from scipy import stats

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
CASES = [(seed, 1 + seed % 3, (1, 3, 7)[seed % 3], (1, 4)[seed % 2]) for seed in range(8)]


def process(seed, series, horizon, rows=160):
    """Random walks with steps whose size changes, some values missing, and noisy forecasts."""
    rng = np.random.default_rng(seed)
    sizes = 1 + 3 * (np.arange(rows) // 50 % 2)
    y = 100 + (rng.normal(size=(series, rows)) * sizes).cumsum(axis=1)
    y[rng.random(y.shape) < 0.03] = np.nan
    last = np.nan_to_num(y, nan=100)[..., None]
    return y, np.repeat(last, horizon, axis=2) + rng.normal(size=(series, rows, horizon))


def tracks_of(y, forecasts, rows=slice(None), first=False):
    """Tracks of some rows, a forecast from each."""
    at = np.arange(y.shape[1])[rows]
    return [
        Track(at, one[rows], np.arange(len(at)), made[rows])
        for one, made in zip(y, forecasts, strict=True)
    ]


@pytest.mark.parametrize(("seed", "series", "horizon", "season"), CASES)
def test_streamed_is_batch_bit_for_bit(seed, series, horizon, season):
    y, made = process(seed, series, horizon)
    memory = ErrorMemory.empty(series, horizon, season)
    whole, quantiles = follow(memory, tracks_of(y, made), LEVELS)
    rng, parts = np.random.default_rng(seed), []
    cuts = [0, *sorted(rng.choice(np.arange(1, 160), 12, replace=False)), 160]
    streamed = memory
    for first, end in pairwise(cuts):
        streamed, part = follow(streamed, tracks_of(y, made, slice(first, end)), LEVELS)
        streamed = ErrorMemory.from_arrays(streamed.to_arrays())  # saved and loaded meanwhile
        parts.append(part)
    for s in range(series):
        joined = np.concatenate([part[s] for part in parts], axis=1)
        np.testing.assert_array_equal(joined, quantiles[s])
    for field in fields(ErrorMemory):
        np.testing.assert_array_equal(getattr(streamed, field.name), getattr(whole, field.name))


@pytest.mark.parametrize(("seed", "series", "horizon", "season"), CASES)
def test_nothing_later_than_an_origin_is_used_there(seed, series, horizon, season):
    y, made = process(seed, series, horizon)
    memory, cut = ErrorMemory.empty(series, horizon, season), 70 + seed
    _, before = follow(memory, tracks_of(y, made), LEVELS)
    later, other = y.copy(), made.copy()
    later[:, cut + 1 :] = -1e6
    other[:, cut + 1 :] = 1e3
    _, after = follow(memory, tracks_of(later, other), LEVELS)
    for one, changed in zip(before, after, strict=True):
        np.testing.assert_array_equal(one[:, : cut + 1], changed[:, : cut + 1])
        assert not np.array_equal(one[:, cut + 2 :], changed[:, cut + 2 :], equal_nan=True)


@pytest.mark.parametrize(("seed", "series", "horizon", "season"), CASES)
def test_quantiles_are_ordered_and_known_from_the_first_error_of_a_lead(
    seed, series, horizon, season
):
    y, made = process(seed, series, horizon)
    _, quantiles = follow(ErrorMemory.empty(series, horizon, season), tracks_of(y, made), LEVELS)
    for one, values in zip(quantiles, y, strict=True):
        known = ~np.isnan(one[0])
        assert (np.diff(one, axis=0)[:, known] >= 0).all()
        for lead in range(1, horizon + 1):
            first = next(t for t in range(lead, 160) if not np.isnan(values[t]))
            assert not known[:first, lead - 1].any() and known[first:, lead - 1].all()


@pytest.mark.parametrize("draw", ["normal", "exponential", "student"])
def test_of_exchangeable_errors_intervals_cover_their_share(draw):
    rng, rows = np.random.default_rng(3), 3000
    errors = {
        "normal": rng.normal(size=rows),
        "exponential": rng.exponential(size=rows),
        "student": rng.standard_t(3, size=rows),
    }[draw]
    forecast = np.zeros((1, rows, 1))
    _, (found,) = follow(ErrorMemory.empty(1, 1), tracks_of(errors[None], forecast), LEVELS)
    truth = errors[301:]
    for level, quantile in zip(LEVELS, found[:, 300:-1, 0], strict=True):
        low, high = stats.binom.ppf([0.0005, 0.9995], len(truth), level)
        assert low <= (truth <= quantile).sum() <= high


def test_coverage_holds_where_the_size_of_errors_jumps():
    rng = np.random.default_rng(5)
    sizes = np.repeat([1, 6, 1, 6, 1], 400)
    errors = rng.normal(size=2000) * sizes
    forecast = np.zeros((1, 2000, 1))
    _, (found,) = follow(ErrorMemory.empty(1, 1), tracks_of(errors[None], forecast), (0.1, 0.9))
    low, high = found[:, :-1, 0]
    inside = (low <= errors[1:]) & (errors[1:] <= high)
    assert inside[200:].mean() == pytest.approx(0.8, abs=0.02)
    assert min(part.mean() for part in np.array_split(inside[200:], 9)) > 0.65


def test_hours_have_intervals_of_their_own():
    rng, season = np.random.default_rng(6), 24
    size = np.where(np.arange(3000) % season < 6, 5.0, 0.5)
    errors = rng.normal(size=3000) * size
    memory = ErrorMemory.empty(1, 1, season)
    _, (found,) = follow(memory, tracks_of(errors[None], np.zeros((1, 3000, 1))), (0.1, 0.9))
    inside = (found[0, :-1, 0] <= errors[1:]) & (errors[1:] <= found[1, :-1, 0])
    for hour in range(season):
        at = np.flatnonzero(np.arange(1, 3000) % season == hour)
        assert 0.6 < inside[at[30:]].mean() < 0.95


def test_a_predicted_spread_is_the_unit_of_the_errors():
    rng = np.random.default_rng(7)
    spread = rng.uniform(1, 20, size=(1, 1500, 1))
    y = np.zeros((1, 1501))
    y[0, 1:] = rng.normal(size=1500) * spread[0, :, 0]
    rows, origins = np.arange(1501), np.arange(1500)
    track = Track(rows, y[0], origins, np.zeros((1500, 1)), spread[0])
    _, (found,) = follow(ErrorMemory.empty(1, 1), [track], (0.1, 0.9))
    width = (found[1] - found[0])[500:, 0] / spread[0, 500:, 0]
    assert width.std() / width.mean() < 0.15
    assert width.mean() == pytest.approx(2 * stats.norm.ppf(0.9), rel=0.1)


def test_groups_that_a_caller_names_are_the_seasons():
    rng = np.random.default_rng(8)
    group = rng.integers(0, 2, 2000)
    y = np.zeros((1, 2001))
    y[0, 1:] = rng.normal(size=2000) * np.where(group, 8.0, 1.0)
    track = Track(np.arange(2001), y[0], np.arange(2000), np.zeros((2000, 1)), groups=group)
    _, (found,) = follow(ErrorMemory.empty(1, 1, 2), [track], (0.1, 0.9))
    width = (found[1] - found[0])[1000:, 0]
    assert width[group[1000:] == 1].mean() > 4 * width[group[1000:] == 0].mean()


def test_series_are_pooled_each_in_its_own_size():
    rng, sizes = np.random.default_rng(9), np.array([0.01, 1.0, 1000.0])
    y = rng.normal(size=(3, 400)) * sizes[:, None]
    _, found = follow(ErrorMemory.empty(3, 1), tracks_of(y, np.zeros((3, 400, 1))), (0.1, 0.9))
    for one, size in zip(found, sizes, strict=True):
        width = (one[1] - one[0])[100:, 0].mean()
        assert width == pytest.approx(2 * stats.norm.ppf(0.9) * size, rel=0.15)


def test_it_does_not_grow():
    y, made = process(1, 2, 3)
    memory = ErrorMemory.empty(2, 3, 4)
    sizes = [one.nbytes for one in memory.to_arrays()]
    for _ in range(3):
        memory, _ = follow(memory, tracks_of(y, made))
        assert [one.nbytes for one in memory.to_arrays()] == sizes


def test_at_other_rows_it_waits_for_no_errors():
    y, made = process(2, 2, 3)
    memory, _ = follow(ErrorMemory.empty(2, 3, 4), tracks_of(y, made))
    elsewhere = moved(memory, np.array([1]), np.array([5]))
    assert (elsewhere.age[1] == 0).all() and (elsewhere.age[0] == memory.age[0]).all()
    assert (elsewhere.rows - memory.rows).tolist() == [0, 5]


def test_arrays_of_something_else_are_refused():
    arrays = ErrorMemory.empty(2, 3).to_arrays()
    with pytest.raises(ValueError, match="are 34 arrays, not 35"):
        ErrorMemory.from_arrays(arrays[:-1])
    with pytest.raises(ValueError, match="another shape or type in 'start'"):
        ErrorMemory.from_arrays([arrays[0], np.zeros(7), *arrays[2:]])


def test_weights_follow_the_better_scaler():
    """Errors in proportion to the level: those relative to it are the ones that repeat."""
    rng = np.random.default_rng(10)
    level = np.exp(np.sin(np.arange(2001) / 9) * 2)
    y = level * np.exp(rng.normal(size=2001) * 0.1)
    track = Track(np.arange(2001), y, np.arange(2000), level[1:, None])
    memory, _ = follow(ErrorMemory.empty(1, 1), [track])
    assert SCALERS[int(np.argmin(memory.losses[:, 0]))].relative


def test_forecasts_without_an_error_overflow_nowhere():
    """As of an autoregression on a sine without noise: errors of rounding, far below any size."""
    rng = np.random.default_rng(0)
    y = 10 + np.sin(2 * np.pi * np.arange(400) / 7)
    origins = np.arange(390)
    forecasts = np.stack([y[origins + h] for h in (1, 2)], axis=1)
    forecasts += rng.normal(size=forecasts.shape) * 1e-15
    times = np.datetime64("2020-01-01", "ns") + np.arange(400) * np.timedelta64(1, "D")
    track = Track(times, y, origins, forecasts)
    with np.errstate(all="raise", under="ignore"):
        _, (quantiles,) = follow(ErrorMemory.empty(1, 2, season=7), [track], [0.1, 0.9])
    assert (np.abs(quantiles[:, 10:] - forecasts[10:]) < 1e-9).all()


@pytest.mark.parametrize(
    ("name", "shape"),
    [("window", (3, 0, 1000, 3000)), ("quantiles", (0, 0, 0, 10**9)), ("counts", (0, 10**9))],
)
def test_shapes_of_a_stranger_take_no_memory(name, shape):
    memory = ErrorMemory.empty(2, 3)
    names = [field.name for field in fields(ErrorMemory)]
    arrays = memory.to_arrays()
    arrays[names.index(name)] = np.empty(shape)
    with pytest.raises(ValueError, match="errors"):
        ErrorMemory.from_arrays(arrays)
