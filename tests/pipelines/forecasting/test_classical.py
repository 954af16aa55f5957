import logging
import warnings

import numpy as np
import pytest
from rnnzoo.pipelines.forecasting.baselines import classical
from rnnzoo.pipelines.forecasting.baselines.base import BaselineTask
from rnnzoo.pipelines.forecasting.baselines.classical import fit_ets, fit_theta
from statsmodels.tools.sm_exceptions import ConvergenceWarning
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel

ROWS, TRAINING, HORIZON = 300, 200, 15
ORIGINS = np.arange(TRAINING - 1, ROWS, 7)
RNG = np.random.default_rng(0)
WALK = RNG.normal(size=ROWS).cumsum()


def ets(y, origins, horizon, training_rows, season, fit=fit_ets):
    fitted = fit(BaselineTask(y[:training_rows], horizon, season, None, len(y)))
    return fitted and fitted.roll(y, origins, horizon)[0]


def theta(*how):
    return ets(*how, fit=fit_theta)


def wave(season):
    return WALK + 6 * np.sin(2 * np.pi * np.arange(ROWS) / season)


@pytest.mark.parametrize("season", [1, 2, 7, 12])
@pytest.mark.parametrize(("block", "longest"), [(16_384, 10_000), (37, 120), (1, 50)])
def test_ets_is_filtering_anew_up_to_each_origin(season, block, longest, monkeypatch):
    """With parameters of the last rows of training, and first states of the first ones."""
    monkeypatch.setattr(classical, "BLOCK", block)
    monkeypatch.setattr(classical, "LONGEST", longest)
    y = WALK + 6 * np.cos(2 * np.pi * np.arange(ROWS) / season) * (season > 1)
    found = ets(y, ORIGINS, HORIZON, TRAINING, season)
    components = {"error": "add", "trend": "add", "damped_trend": True}
    if season > 1:
        components |= {"seasonal": "add", "seasonal_periods": season}
    window = y[:TRAINING][-longest:]
    mean, scale = window.mean(), window.std()
    z = (y - mean) / scale
    fitted = ETSModel(z[:TRAINING][-longest:], initialization_method="heuristic", **components)
    parameters = fitted.fit(disp=False).params
    start = ETSModel(z[:TRAINING], initialization_method="heuristic", **components)
    names = ("initial_level", "initial_trend", "initial_seasonal")
    states = {name: getattr(start, name) for name in names}
    for forecast, origin in zip(found, ORIGINS, strict=True):
        known = z[: origin + 1]
        model = ETSModel(known, initialization_method="known", **states, **components)
        expected = model.smooth(parameters).forecast(HORIZON) * scale + mean
        np.testing.assert_allclose(forecast, expected, rtol=0, atol=1e-6)


def test_ets_learns_a_season_in_noise():
    y = 6 * np.sin(2 * np.pi * np.arange(ROWS) / 12) + RNG.normal(size=ROWS)
    origins = np.arange(TRAINING - 1, ROWS - HORIZON)
    truth = y[origins[:, None] + np.arange(1, HORIZON + 1)]
    with_season = np.abs(ets(y, origins, HORIZON, TRAINING, 12) - truth).mean()
    assert with_season < 1  # the noise alone: 0.8
    assert np.abs(ets(y, origins, HORIZON, TRAINING, 1) - truth).mean() > 3


@pytest.mark.parametrize("season", [2, 4, 12, 60])
def test_ets_learns_no_season_that_is_none(season):
    """Of noise, and of a walk: γ = 0 does not undo first states that were taken from noise."""
    for y in (RNG.normal(size=ROWS), WALK):
        found = ets(y, ORIGINS, HORIZON, TRAINING, season)
        np.testing.assert_array_equal(found, ets(y, ORIGINS, HORIZON, TRAINING, 1))


@pytest.mark.parametrize("height", [0.0, 1.0, 1.2, 1.4, 2.0])  # of a wave in noise of 1
def test_ets_has_a_season_where_the_corrected_aic_is_smaller(height):
    n, season = 60, 12
    y = np.random.default_rng(5).normal(size=n + 1)
    y += height * np.sin(2 * np.pi * np.arange(n + 1) / season)
    z = (y[:n] - y[:n].mean()) / y[:n].std()
    components = {"error": "add", "trend": "add", "damped_trend": True}
    components |= {"initialization_method": "heuristic"}
    without = ETSModel(z, **components).fit(disp=False).llf
    within = ETSModel(z, seasonal="add", seasonal_periods=12, **components).fit(disp=False).llf

    def criterion(log_likelihood, k):
        return -2 * log_likelihood + 2 * k + 2 * k * (k + 1) / (n - k - 1)

    # α, β, φ, level, trend, variance; and γ with eleven of the season
    seasonal = criterion(within, 6 + 12) < criterion(without, 6)
    assert seasonal == (height > 1.2)  # plain AIC would have it from 0.8 on
    found, plain = (ets(y, np.array([n - 1]), 12, n, one) for one in (season, 1))
    assert seasonal != np.array_equal(found, plain)


def test_a_season_too_long_for_ets_is_left_out(monkeypatch):
    y, without = wave(12), ets(wave(12), ORIGINS, HORIZON, TRAINING, 1)
    assert not np.array_equal(ets(y, ORIGINS, HORIZON, TRAINING, 12), without)
    monkeypatch.setattr(classical, "LONGEST_SEASON", 11)
    np.testing.assert_array_equal(ets(y, ORIGINS, HORIZON, TRAINING, 12), without)


def test_ets_follows_a_line():
    y = np.arange(100.0)
    np.testing.assert_allclose(ets(y, np.array([98]), 1, 80, 1), [[99]], atol=0.05)


@pytest.mark.parametrize(("y", "season"), [(WALK, 1), (wave(12), 12), (wave(12) + 50, 12)])
def test_theta_is_that_of_statsmodels_at_the_end_of_training(y, season):
    model = ThetaModel(y[:TRAINING], period=season, deseasonalize=season > 1)
    expected = model.fit().forecast(HORIZON)
    found = theta(y, np.array([TRAINING - 1]), HORIZON, TRAINING, season)
    np.testing.assert_allclose(found[0], expected, rtol=0, atol=1e-6)


def test_theta_of_a_few_rows_is_that_of_statsmodels():
    """Where the first level is not forgotten: (1−α)^{t+1} is no rounding."""
    y = np.random.default_rng(0).normal(size=12) + 0.1 * np.arange(12)
    result = ThetaModel(y, period=1, deseasonalize=False).fit()
    assert (1 - result.params["alpha"]) ** 12 > 1e-3
    found = theta(y, np.array([11]), HORIZON, 12, 1)
    np.testing.assert_allclose(found[0], result.forecast(HORIZON), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("offset", "factors"), [(0, False), (50, True)])
def test_theta_at_later_origins_is_a_plain_loop(offset, factors):
    y, season = wave(12) + offset, 12
    fitted = ThetaModel(y[:TRAINING], period=season).fit()
    slope, alpha = fitted.params
    ahead = fitted.forecast_components(season)["seasonal"].to_numpy()
    index = {(TRAINING + k) % season: value for k, value in enumerate(ahead)}
    assert fitted.model.method.startswith("mul") == factors
    assert np.ptp(ahead) > 0.05
    found = theta(y, ORIGINS, HORIZON, TRAINING, season)
    level = None
    for t in range(ROWS):
        x = y[t] / index[t % season] if factors else y[t] - index[t % season]
        level = x if level is None else level + alpha * (x - level)
        if t not in ORIGINS:
            continue
        for lead in range(1, HORIZON + 1):
            line = slope * (lead - 1 + 1 / alpha - (1 - alpha) ** (t + 1) / alpha)
            here = index[(t + lead) % season]
            expected = (level + line / 2) * here if factors else level + line / 2 + here
            forecast = found[np.searchsorted(ORIGINS, t), lead - 1]
            assert forecast == pytest.approx(expected, abs=1e-6)


def test_theta_divides_by_no_factor_near_zero():
    """As of sunlight, where one stray value at night would be a blaze by day."""
    day = np.maximum(np.sin(2 * np.pi * np.arange(ROWS) / 12), 1e-6)
    y = day * np.exp(RNG.normal(0, 0.05, ROWS))
    night = TRAINING + np.flatnonzero(day[TRAINING:] < 1e-3)[0]
    y[night] = 0.5
    assert theta(y, np.array([night]), HORIZON, TRAINING, 12).max() < 2


def test_theta_of_a_long_training_span_is_fitted_on_its_last_whole_seasons(monkeypatch):
    monkeypatch.setattr(classical, "LONGEST", 120)
    y, training = wave(12), 205
    model = ThetaModel(y[96:training], period=12)  # from 205 − 120 on to the next multiple of 12
    found = theta(y, np.array([training - 1]), HORIZON, training, 12)
    # more rows were smoothed: their first level is long forgotten
    np.testing.assert_allclose(found[0], model.fit().forecast(HORIZON), rtol=0, atol=1e-6)


@pytest.mark.parametrize("baseline", [ets, theta])
@pytest.mark.parametrize("season", [1, 12])
class TestBoth:
    def test_a_constant_training_span_gives_the_last_value(self, baseline, season):
        y = np.concatenate([np.full(TRAINING, 7.0), WALK[TRAINING:]])
        found = baseline(y, ORIGINS, HORIZON, TRAINING, season)
        np.testing.assert_array_equal(found, np.tile(y[ORIGINS][:, None], HORIZON))

    def test_too_few_rows_give_nothing(self, baseline, season):
        assert baseline(WALK, ORIGINS, HORIZON, 9, season) is None
        assert np.isfinite(baseline(WALK, ORIGINS, HORIZON, 10, season)).all()

    @pytest.mark.parametrize("training", range(10, 17))
    def test_the_fewest_rows(self, baseline, season, training):
        assert np.isfinite(baseline(WALK, ORIGINS, HORIZON, training, min(season, 4))).all()

    @pytest.mark.parametrize("training", range(20, 41, 3))
    def test_a_season_is_learned_from_three(self, baseline, season, training):
        """Below, its forecasts are those without one."""
        y = wave(12) - WALK / 2
        found = baseline(y, ORIGINS, HORIZON, training, season)
        without = baseline(y, ORIGINS, HORIZON, training, 1)
        assert np.array_equal(found, without) == (season == 1 or training < 36)

    def test_far_from_zero(self, baseline, season):
        found = baseline(wave(12) + 1e9, ORIGINS, HORIZON, TRAINING, season) - 1e9
        np.testing.assert_allclose(
            found, baseline(wave(12) + 1e4, ORIGINS, HORIZON, TRAINING, season) - 1e4, atol=0.05
        )

    @pytest.mark.parametrize(
        "y",
        [
            np.arange(ROWS) * 1.0,
            np.tile(np.arange(12.0) < 6, ROWS // 12) * 1.0,
            5 + np.sin(2 * np.pi * np.arange(ROWS) / 12),
            (np.arange(ROWS) >= TRAINING - 1) * 1.0,
            (np.arange(ROWS) == 0) * 1.0,
            1 + np.spacing(1.0) * (np.arange(ROWS) % 2),
            WALK * 1e15,
            WALK * 1e-15,
            1.5 ** np.arange(ROWS),
        ],
        ids=["line", "square", "sine", "step", "pulse", "rounding", "huge", "tiny", "explosion"],
    )
    def test_odd_series_are_forecast_without_a_word(self, baseline, season, y):
        assert np.isfinite(baseline(y, ORIGINS, HORIZON, TRAINING, season)).all()


def test_a_search_that_ends_early_is_logged_and_forecasts(caplog):
    y = 5 + np.sin(2 * np.pi * np.arange(240) / 24)
    with caplog.at_level(logging.INFO, logger="rnnzoo"):
        found = ets(y, np.array([239]), 24, 240, 24)
    assert "failed to converge" in caplog.text
    np.testing.assert_allclose(found[0], y[:24], atol=1e-6)


def test_other_warnings_of_a_search_are_let_through():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with classical._search("ETS"):
            warnings.warn("kept", UserWarning, stacklevel=1)
            warnings.warn("logged", ConvergenceWarning, stacklevel=1)
    assert [str(one.message) for one in caught] == ["kept"]
