import numpy as np
import pytest
from rnnzoo import ArgumentError
from rnnzoo.pipelines.evaluation.significance import diebold_mariano, direction, rmse_ratio
from scipy import stats

RNG = np.random.default_rng(3)


def overlapping(rng, lead, *shape):
    """Errors h steps ahead are moving averages of h shocks: what the variance allows for."""
    shocks = rng.normal(size=(*shape[:-1], shape[-1] + lead)).cumsum(axis=-1)
    return shocks[..., lead:] - shocks[..., :-lead]


@pytest.mark.parametrize("loss", ["absolute", "squared"])
@pytest.mark.parametrize(
    ("lead", "origins"), [(1, 60), (4, 100), (7, 60), (24, 200), (24, 365), (48, 500)]
)
def test_equal_forecasts_are_told_apart_one_time_in_twenty(lead, origins, loss):
    pairs = overlapping(np.random.default_rng(lead), lead, 1500, 2, origins)
    found = np.array([diebold_mariano(one, other, lead, loss).p_value for one, other in pairs])
    # of 10,000 pairs it is 4.9 to 6.9 %; of 1,500 the share varies by one more
    assert 0.03 <= np.mean(found < 0.05) <= 0.08


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
    centered = d - d.mean()
    assert centered @ centered + 2 * (centered[1:] @ centered[:-1]) < 0
    found = diebold_mariano(d + 2, np.full(31, 2.0), lead=2)
    assert np.isfinite(found.statistic)


@pytest.mark.parametrize(("origins", "lead"), [(0, 1), (3, 1), (9, 1), (14, 5), (3, 5)])
def test_too_few_origins_tell_nothing_of_luck(origins, lead):
    found = diebold_mariano(np.full(origins, 2.0), np.ones(origins), lead)
    assert np.isnan(found.p_value) and np.isnan(found.statistic)
    assert found.origins == origins
    assert found.difference == 1 or not origins
    enough = diebold_mariano(np.full(15, 2.0), np.ones(15), lead)
    assert enough.p_value == 0


def test_other_shapes():
    with pytest.raises(ArgumentError, match=r"\(3,\) and \(4,\)"):
        diebold_mariano(np.ones(3), np.zeros(4))


def test_the_ratio_of_rmse_and_its_interval():
    others = RNG.normal(size=500)
    found = rmse_ratio(0.5 * others, others)
    assert (found.ratio, found.lower, found.upper) == pytest.approx((0.5, 0.5, 0.5))
    noisy = rmse_ratio(RNG.permutation(others), others)
    assert noisy.ratio == pytest.approx(1)
    assert 0.8 < noisy.lower < 1 < noisy.upper < 1.25
    assert np.isnan(rmse_ratio(others, 0 * others).ratio)


def test_its_variances_are_those_of_blocks_that_are_drawn():
    """The ends of the interval are ratios that differ from 0 by t standard errors."""
    errors, others = overlapping(RNG, 3, 2, 120)
    found, block = rmse_ratio(errors, others, lead=3), 6
    starts = RNG.integers(0, 120, size=(20_000, 20, 1))
    rows = ((starts + np.arange(block)) % 120).reshape(20_000, 120)
    for end in (found.lower, found.upper):
        d = errors**2 - end**2 * others**2
        away = abs(d.mean()) / d[rows].mean(axis=1).std()
        assert away == pytest.approx(stats.t.ppf(0.975, 19), rel=0.03)


@pytest.mark.parametrize("lead", [1, 5, 24])
def test_the_interval_covers_the_ratio_as_often_as_it_says(lead):
    pairs = overlapping(np.random.default_rng(lead), lead, 1500, 2, 250)
    ends = [(r.lower, r.upper) for r in (rmse_ratio(one, other, lead) for one, other in pairs)]
    lower, upper = np.array(ends).T
    assert np.isnan(lower).mean() < 0.12
    assert 0.03 < np.mean((lower > 1) | (upper < 1)) < 0.07


def test_too_few_blocks_bound_nothing():
    errors, others = RNG.normal(size=(2, 45))
    found = rmse_ratio(errors, others, lead=5)
    assert found.ratio == pytest.approx(np.sqrt((errors**2).sum() / (others**2).sum()))
    assert np.isnan(found.lower) and np.isnan(found.upper)
    assert not np.isnan(rmse_ratio(errors, others, lead=4).lower)
    outlier = np.r_[np.full(44, 0.01), 100]  # whether the mean is above zero hangs on one value
    assert np.isnan(rmse_ratio(errors, outlier).upper)


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
    binomial = stats.binomtest(60, 98, 60 / 98, "greater")
    interval = stats.binomtest(60, 98).proportion_ci(method="exact")
    ends = (always_up.lower, always_up.upper, always_up.p_value)
    assert ends == pytest.approx((interval.low, interval.high, binomial.pvalue))
    perfect = direction(truth, truth, level)
    assert (perfect.share, perfect.upper) == (1, 1) and perfect.p_value < 1e-6
    wrong = direction(truth, level, level)  # no change is no right call
    assert (wrong.share, wrong.lower, wrong.p_value) == (0, 0, 1)
    assert direction(level, level, level).calls == 0
    assert direction(truth, np.full(100, np.nan), level).calls == 0


def test_a_direction_that_never_turns_leaves_nothing_to_be_better_than():
    found = direction(np.ones(9), np.ones(9), np.zeros(9))
    assert found.share == 1 and found.p_value == 1


@pytest.mark.parametrize(
    ("lead", "series", "common"), [(1, 1, 0), (5, 1, 0), (20, 1, 0), (1, 10, 2), (5, 10, 1)]
)
def test_the_interval_of_calls_covers_what_chance_gives(lead, series, common):
    """Steps go on as they went, in random walks that share some of their shocks."""
    rng, misses = np.random.default_rng(lead), 0
    at = np.arange(lead, lead + 250)
    for _ in range(400):
        shocks = rng.normal(size=(series, 250 + 2 * lead))
        y = (shocks + common * rng.normal(size=250 + 2 * lead)).cumsum(axis=1)
        before, level, truth = (y[:, at + k].ravel() for k in (-lead, 0, lead))
        found = direction(truth, 2 * level - before, level, lead, np.tile(at, series))
        misses += not found.lower <= 0.5 <= found.upper
        assert 250 / lead <= found.calls <= 250 * series
    assert 0.01 < misses / 400 < 0.08


def test_calls_that_are_made_together_count_once():
    truth, forecast, level = RNG.normal(size=(3, 60))
    times = np.arange(60)
    alone = direction(truth, forecast, level)
    four = [np.tile(values, 4) for values in (truth, forecast, level, times)]
    again = direction(four[0], four[1], four[2], times=four[3])
    assert alone.calls == 60 and 55 <= again.calls <= 60
    assert again.share == alone.share and again.majority == alone.majority
    assert direction(truth, forecast, level, lead=20).calls == 3  # too few blocks: 0, 20, 40
    right = direction(four[0], four[0], four[2], times=four[3])
    assert (right.share, right.calls) == (1, 60)
