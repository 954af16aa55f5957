import numpy as np
import pytest
from rnnzoo import ArgumentError
from rnnzoo.pipelines.significance import diebold_mariano, direction, rmse_ratio
from scipy import stats

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("lead", [1, 4])
def test_equal_forecasters_are_told_apart_one_time_in_twenty(lead):
    """Errors h steps ahead are moving averages of h shocks: what the variance allows for."""
    rng = np.random.default_rng(lead)
    rejected = 0
    for _ in range(1500):
        shocks = rng.normal(size=(2, 200 + lead - 1))
        errors, others = (np.convolve(s, np.ones(lead), "valid") for s in shocks)
        rejected += diebold_mariano(errors, others, lead, "squared").p_value < 0.05
    assert 0.03 <= rejected / 1500 <= 0.07


def test_without_overlap_it_is_a_t_test_of_the_differences():
    errors, others = RNG.normal(size=(2, 80))
    found = diebold_mariano(errors, others)
    d = np.abs(errors) - np.abs(others)
    expected = stats.ttest_1samp(d, 0)
    assert found.statistic == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.difference == pytest.approx(d.mean())


def test_against_a_plain_loop():
    errors, others = RNG.normal(size=(2, 60)) * [[1.0], [1.3]]
    h, n = 3, 60
    d = errors**2 - others**2
    variance = sum((d[t] - d.mean()) ** 2 for t in range(n)) / n
    for k in (1, 2):
        variance += 2 / n * sum((d[t] - d.mean()) * (d[t - k] - d.mean()) for t in range(k, n))
    statistic = d.mean() / np.sqrt(variance / n) * np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    assert diebold_mariano(errors, others, h, "squared").statistic == pytest.approx(statistic)


def test_a_better_forecast_is_found_better():
    errors = RNG.normal(size=300)
    found = diebold_mariano(0.7 * errors, errors + 0.3 * RNG.normal(size=300), lead=3)
    assert found.difference < 0 and found.p_value < 0.001
    back = diebold_mariano(errors, 0.7 * errors, lead=3)
    assert back.difference > 0


def test_the_same_forecast_is_neither_better_nor_worse():
    errors = RNG.normal(size=50)
    found = diebold_mariano(errors, -errors)
    assert found.difference == 0 and np.isnan(found.p_value)


def test_missing_origins_are_left_out():
    errors, others = RNG.normal(size=(2, 50))
    holes = errors.copy()
    holes[::5] = np.nan
    there = ~np.isnan(holes)
    assert diebold_mariano(holes, others) == diebold_mariano(errors[there], others[there])


def test_where_the_variance_is_not_positive_the_weights_make_it_so():
    d = np.tile([1.0, -1.0], 16)[:31]  # up and down: γ_1 = −γ_0, almost
    centred = d - d.mean()
    assert centred @ centred + 2 * (centred[1:] @ centred[:-1]) < 0
    found = diebold_mariano(d + 2, np.full(31, 2.0), lead=2)
    assert np.isfinite(found.statistic)


def test_too_few_origins_and_other_shapes():
    with pytest.raises(ArgumentError, match="lead 5 needs at least 5 origins. Received: 3"):
        diebold_mariano(np.ones(3), np.zeros(3), lead=5)
    with pytest.raises(ArgumentError, match=r"\(3,\) and \(4,\)"):
        diebold_mariano(np.ones(3), np.zeros(4))


def test_the_ratio_of_rmse_and_its_interval():
    others = RNG.normal(size=500)
    found = rmse_ratio(0.5 * others, others)
    assert found.ratio == pytest.approx(0.5)
    assert (found.lower, found.upper) == pytest.approx((0.5, 0.5))
    shuffled = RNG.permutation(others)
    noisy = rmse_ratio(shuffled, others)
    assert noisy.ratio == pytest.approx(1)
    assert 0.8 < noisy.lower < 1 < noisy.upper < 1.25
    assert rmse_ratio(shuffled, others) == noisy != rmse_ratio(shuffled, others, seed=1)


def test_the_interval_covers_the_ratio_as_often_as_it_says():
    rng = np.random.default_rng(5)
    inside = 0
    for seed in range(200):
        errors, others = (np.convolve(rng.normal(size=302), np.ones(3), "valid") for _ in "ab")
        found = rmse_ratio(errors, others, lead=3, seed=seed)
        inside += found.lower <= 1 <= found.upper
    assert inside / 200 > 0.88


def test_long_series_keep_their_blocks_together():
    slow = np.repeat(RNG.normal(size=40), 25)  # 40 independent values, not 1,000
    fast = RNG.permutation(slow)
    other = np.ones(1000)
    wide, narrow = rmse_ratio(slow, other, lead=25), rmse_ratio(fast, other, lead=1)
    assert wide.upper - wide.lower > 2 * (narrow.upper - narrow.lower)


def test_direction_beside_the_majority():
    level = np.zeros(100)
    truth = np.r_[np.ones(60), -np.ones(38), 0.0, np.nan]
    always_up = direction(truth, np.ones(100), level)
    assert (always_up.calls, always_up.share) == (98, 60 / 98)
    assert always_up.majority == 60 / 98
    assert always_up.p_value > 0.5
    interval = stats.binomtest(60, 98).proportion_ci(method="exact")
    assert (always_up.lower, always_up.upper) == (interval.low, interval.high)
    perfect = direction(truth, truth, level)
    assert perfect.share == 1 and perfect.p_value < 1e-6
    assert direction(truth, level, level).share == 0  # no change is no right call
    assert direction(level, level, level).calls == 0


def test_a_direction_that_never_turns_leaves_nothing_to_be_better_than():
    found = direction(np.ones(9), np.ones(9), np.zeros(9))
    assert found.share == 1 and found.p_value == 1
