"""Samples: marginals are the quantiles, and sums have the quantiles of sums."""

import numpy as np
import pytest
from rnnzoo import ArgumentError
from rnnzoo.pipelines.evaluation.conformal import ErrorMemory
from rnnzoo.pipelines.evaluation.conformal_runs import Track, follow
from rnnzoo.pipelines.evaluation.conformal_steps import Steps
from rnnzoo.pipelines.evaluation.samples import check_samples, ranks, sample


def walks(seed, series=2, horizon=4, rows=600, shared=0.9):
    """Random walks with a common step, forecast by their last values: a memory and the end."""
    rng = np.random.default_rng(seed)
    own, common = rng.normal(size=(series, rows)), rng.normal(size=rows)
    y = (shared * common + np.sqrt(1 - shared**2) * own).cumsum(axis=1)
    made = np.repeat(y[..., None], horizon, axis=2)
    at = np.arange(rows)
    memory, _ = follow(
        ErrorMemory.empty(series, horizon),
        [Track(at, one, at, forecast) for one, forecast in zip(y, made, strict=True)],
    )
    return memory, made[:, -1]


@pytest.mark.parametrize("seed", range(4))
def test_each_lead_has_the_quantiles_of_the_memory(seed):
    memory, forecast = walks(seed)
    found = sample(memory, forecast, 200, np.random.default_rng(seed))
    levels = (np.arange(200) + 0.5) / 200
    expected = Steps(memory).quantiles(forecast, levels)
    np.testing.assert_array_equal(np.sort(found, axis=0), expected)


@pytest.mark.parametrize("seed", range(4))
def test_sums_of_samples_are_samples_of_sums(seed):
    """Of walks the sum over leads has a variance of 1² + 2² + 3² + 4² = 30 steps, that of
    independent leads 1 + 2 + 3 + 4 = 10; over two series as alike as these almost twice as
    wide, not √2 times."""
    memory, forecast = walks(seed)
    found = sample(memory, forecast, 2000, np.random.default_rng(seed)) - forecast
    assert found[:, 0].sum(axis=1).std() == pytest.approx(np.sqrt(30), rel=0.25)
    steps = found[:, :, 0]
    assert np.corrcoef(steps.T)[0, 1] == pytest.approx(0.81, abs=0.12)
    assert steps.sum(axis=1).std() == pytest.approx(np.sqrt(2 + 2 * 0.81), rel=0.15)


def staggered(sign, rows, horizon=3, season=1, begins=(0, 137), ends=(0, 0)):
    """Two walks with the same steps, or opposite ones, that begin and end at other times: the
    memory of both, and their forecasts from the ends."""
    step = np.random.default_rng(8).normal(size=rows)
    walks = [step.cumsum(), sign * step.cumsum()]
    memory, tracks = ErrorMemory.empty(2, horizon, season), []
    memory.start[:] = begins
    for y, first, cut in zip(walks, begins, ends, strict=True):
        at = np.arange(first, rows - cut)
        made = np.repeat(y[at, None], horizon, axis=1)
        tracks.append(Track(at, y[at], np.arange(len(at)), made))
    memory, _ = follow(memory, tracks)
    return memory, np.stack([track.forecasts[-1] for track in tracks])


@pytest.mark.parametrize(("horizon", "season"), [(3, 1), (24, 24)])
@pytest.mark.parametrize("rows", [400, 1600])
def test_series_of_other_lengths_are_paired_by_the_time_of_their_origins(rows, horizon, season):
    """With equal errors a sum is twice as wide, with opposite ones it has no width."""
    for sign in (1, -1):
        memory, forecast = staggered(sign, rows, horizon, season)
        found = sample(memory, forecast, 2000, np.random.default_rng(1)) - forecast
        alone, sums = found.std(axis=0).mean(axis=0), found.sum(axis=1).std(axis=0)
        if sign == 1:
            np.testing.assert_allclose(sums, 2 * alone, rtol=0.05)
        else:
            assert (sums < 0.4 * alone).all()


def test_series_that_end_at_other_times_are_paired_by_the_distance_from_there():
    """Errors of walks two steps apart: three leads of five steps are of the same rows."""
    horizon = 5
    memory, forecast = staggered(1, 600, horizon, ends=(2, 0), begins=(0, 50))
    found = sample(memory, forecast, 4000, np.random.default_rng(1)) - forecast
    steps = np.diff(found, axis=2, prepend=0)
    correlation = np.corrcoef(steps[:, 0].T, steps[:, 1].T)[:horizon, horizon:]
    # lead h + 2 of the one that ended two rows earlier is lead h of the other
    np.testing.assert_allclose(correlation, np.eye(horizon, k=-2), atol=0.15)


def test_a_series_with_few_origins_does_not_limit_the_others():
    memory, forecast = staggered(1, 600, begins=(0, 590))
    found = sample(memory, forecast, 2000, np.random.default_rng(1)) - forecast
    assert len(np.unique(found[:, 0, 0])) > 200
    assert np.isfinite(found).all()


def test_read_one_series_after_the_other_they_are_paired_the_same_way():
    whole, forecast = staggered(-1, 500, season=7, begins=(0, 100))
    memory = ErrorMemory.empty(2, 3, 7)
    memory.start[:] = (0, 100)
    step = np.random.default_rng(8).normal(size=500).cumsum()
    nothing = Track(np.empty(0, int), np.empty(0), np.empty(0, int), np.empty((0, 3)))
    for k, y in enumerate((step, -step[100:])):
        made = np.repeat(y[:, None], 3, axis=1)
        tracks = [nothing, nothing]
        tracks[k] = Track(np.arange(len(y)), y, np.arange(len(y)), made)
        memory, _ = follow(memory, tracks)
    np.testing.assert_array_equal(memory.origin, whole.origin)
    found = sample(memory, forecast, 1000, np.random.default_rng(1)) - forecast
    assert (found.sum(axis=1).std(axis=0) < 0.3 * found[:, 0].std(axis=0)).all()


def test_the_same_seed_gives_the_same_samples():
    memory, forecast = walks(6)
    one, other = (sample(memory, forecast, 50, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_without_whole_paths_leads_move_together():
    memory, _ = follow(
        ErrorMemory.empty(1, 3), [Track(np.arange(2), np.ones(2), np.array([0]), np.zeros((1, 3)))]
    )
    found = sample(memory, np.zeros((1, 3)), 20, np.random.default_rng(0))
    assert np.isfinite(found[:, 0, 0]).all() and np.isnan(found[:, 0, 1:]).all()


def test_numbers_of_samples():
    assert check_samples(10, 24) == 10
    with pytest.raises(ArgumentError, match="`samples` must be at least 1"):
        check_samples(0, 24)
    with pytest.raises(ArgumentError, match=r"at most 50,000,000 numbers: 50,000 samples"):
        check_samples(60_000, 1000)
    with pytest.raises(TypeError, match="whole number"):
        check_samples(2.5, 24)


def test_each_rank_is_there_once():
    memory, _ = walks(7)
    found = ranks(memory, 40, np.random.default_rng(0))
    assert (np.sort(found, axis=0) == np.arange(40)[:, None, None]).all()
