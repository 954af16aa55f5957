"""Heads in every strategy: quantiles and samples in the unit of the table."""

from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest
from rnnzoo import ArgumentError, DataError, Ensemble, Forecaster, read_panel
from rnnzoo.pipelines.evaluation.metrics import pinball
from rnnzoo.pipelines.forecasting.backtest.heads import head_scores
from rnnzoo.pipelines.recorder import NullRecorder
from rnnzoo.zoo.heads import HEADS

TRAINING, HORIZON = 320, 4
LEVELS = [0.05, 0.1, 0.5, 0.9, 0.95]
COUNTS = [name for name, head in HEADS.items() if head.counts]
STRATEGIES: dict[str, dict[str, Any]] = {
    "stateful": {"cell": "gru"},
    "segment": {"cell": "gru", "strategy": "segment", "batch_size": 512},
    "closed loop": {"cell": "gru", "strategy": "closed_loop"},
    "narx": {"cell": "narx"},
    "jordan": {"cell": "jordan"},
}

#: Every head in a stateful network, every strategy with a head of numbers and one of counts.
PAIRS = [
    *[("stateful", head) for head in HEADS],
    *[("segment", head) for head in ("quantiles", "negative_binomial")],
    *[("closed loop", head) for head in ("student_t", "zero_inflated")],
    *[("narx", head) for head in ("normal", "negative_binomial")],
    ("jordan", "quantiles"),
]


@pytest.fixture(scope="module")
def tables(waves):
    """A table of numbers and one of counts."""
    rate = np.exp((waves["sales"] - 20) / 6)
    counts = np.random.default_rng(1).poisson(rate)
    real = waves[["day", "sales", "holiday"]]
    return {"real": real, "counts": real.assign(sales=counts)}


def fitted(table, cell="gru", **settings):
    tiny = {"horizon": HORIZON, "lookback": 16, "units": 4, "epochs": 2, "seed": 3}
    forecaster = Forecaster(cell, **tiny | settings)
    return forecaster.fit(table[:TRAINING], time="day", target="sales", future=["holiday"])


@pytest.fixture(scope="module")
def table_of(tables):
    return lambda head: tables["counts" if head in COUNTS else "real"]


@pytest.fixture(scope="module")
def forecasters(table_of):
    """A forecaster of each strategy with each head, fitted when it is first used."""
    made = {}

    def get(kind, head):
        if (kind, head) not in made:
            made[kind, head] = fitted(table_of(head), head=head, **STRATEGIES[kind])
        return made[kind, head]

    return get


@pytest.fixture(params=PAIRS, ids=" ".join)
def forecaster(request, forecasters):
    return forecasters(*request.param)


@pytest.fixture
def kind(request):
    return request.node.callspec.params["forecaster"][0]


@pytest.fixture
def head(request):
    return request.node.callspec.params["forecaster"][1]


@pytest.fixture
def ahead(tables):
    return tables["real"][TRAINING : TRAINING + HORIZON][["day", "holiday"]]


def test_quantiles_do_not_cross_and_the_point_forecast_is_the_median(forecaster, ahead, kind):
    quantiles = forecaster.fitted_.head_quantiles(LEVELS, future=ahead)
    assert quantiles.shape == (1, len(LEVELS), HORIZON)
    assert (np.diff(quantiles, axis=1) >= 0).all()
    point = forecaster.predict(future=ahead)["yhat"].to_numpy()
    if STRATEGIES[kind].get("strategy", kind) in ("stateful", "segment"):
        np.testing.assert_array_equal(point, quantiles[0, 2])
    else:  # of the first step, from samples; later the median is not that of the roll-out
        width = quantiles[0, 3, 0] - quantiles[0, 1, 0]
        assert point[0] == pytest.approx(quantiles[0, 2, 0], abs=max(0.05 * width, 1e-6))


def test_quantiles_of_many_origins_are_those_of_each(forecaster, table_of, head, kind):
    table = table_of(head)
    panel = forecaster.fitted_.panel(table)
    origins = np.array([330, 350, 351])
    (many,) = forecaster.fitted_.forecast_quantiles_origins(panel, [origins], LEVELS)
    assert many.shape == (len(LEVELS), len(origins), HORIZON)
    for k, origin in enumerate(origins):
        future = table[origin + 1 : origin + 1 + HORIZON][["day", "holiday"]]
        one = forecaster.fitted_.head_quantiles(LEVELS, table[: origin + 1], future)
        np.testing.assert_allclose(many[:, k], one[0], rtol=1e-3, atol=1e-3)
    (spread,) = forecaster.fitted_.spread(panel, [origins])
    np.testing.assert_array_equal(spread, many[3] - many[1])


def test_scores_of_a_head_are_those_of_its_quantiles(forecasters, tables):
    forecaster = forecasters("stateful", "student_t")
    table = tables["real"]
    backtest = forecaster.backtest(table, baselines=[], stride=3)
    panel = forecaster.fitted_.panel(table)
    scores = head_scores(forecaster.fitted_, panel, backtest)
    (found,) = forecaster.fitted_.forecast_quantiles_origins(panel, [backtest.rows], (0.1, 0.9))
    inside = (found[0] <= backtest.truth) & (backtest.truth <= found[1])
    assert scores["coverage"] == pytest.approx(inside.mean())
    assert scores["width"] == pytest.approx((found[1] - found[0]).mean(), rel=1e-5)
    assert scores["count"] == backtest.truth.size
    assert scores != backtest.interval_scores()
    with pytest.raises(ArgumentError, match="fit with one of head="):
        plain = Forecaster("gru", horizon=1, lookback=16, units=2, epochs=1)
        plain.fit(table[:TRAINING], time="day", target="sales")
        head_scores(plain.fitted_, panel, plain.backtest(table, baselines=[]))


def test_what_comes_later_changes_no_quantile(forecaster, table_of, head):
    table, origins = table_of(head), [np.array([330, 340, 350])]
    changed = table.copy()
    changed.loc[345:, "sales"] = 3
    found = [
        forecaster.fitted_.forecast_quantiles_origins(forecaster.fitted_.panel(t), origins, LEVELS)
        for t in (table, changed)
    ]
    np.testing.assert_array_equal(found[0][0][:, :2], found[1][0][:, :2])
    if head not in COUNTS:  # of which few quantiles differ after so little training
        assert (found[0][0][:, 2] != found[1][0][:, 2]).any()


def test_samples_have_the_quantiles(forecaster, ahead, head):
    samples = forecaster.fitted_.head_samples(400, 5, future=ahead)
    assert samples.shape == (1, 400, HORIZON)
    np.testing.assert_array_equal(samples, forecaster.fitted_.head_samples(400, 5, future=ahead))
    assert (samples != forecaster.fitted_.head_samples(400, 6, future=ahead)).any()
    low, high = forecaster.fitted_.head_quantiles([0.1, 0.9], future=ahead)[0]
    for outside in (samples[0] < low, samples[0] > high):
        assert np.abs(outside.mean(axis=0) - 0.1).max() < 0.1001  # of counts it may be none
    if head in COUNTS:
        assert (samples == samples.round()).all() and samples.min() >= 0


def test_a_saved_model_gives_the_same_quantiles(forecaster, ahead, tmp_path):
    forecaster.save(tmp_path / "model")
    loaded = Forecaster.load(tmp_path / "model")
    assert loaded.head == forecaster.head
    found = [one.fitted_.head_quantiles(LEVELS, future=ahead) for one in (forecaster, loaded)]
    np.testing.assert_array_equal(*found)


def test_ranks_are_the_levels_of_the_samples(forecasters, ahead):
    forecaster = forecasters("stateful", "normal")
    ranks = np.broadcast_to(np.array(LEVELS)[None, :, None], (1, len(LEVELS), HORIZON))
    samples = forecaster.fitted_.head_samples(len(LEVELS), future=ahead, ranks=ranks)
    np.testing.assert_allclose(samples, forecaster.fitted_.head_quantiles(LEVELS, future=ahead))
    for wrong in (ranks[:, :2], ranks + 0.5):
        with pytest.raises(ArgumentError, match=r"ranks.*shape \(1, 5, 4\)"):
            forecaster.fitted_.head_samples(len(LEVELS), future=ahead, ranks=wrong)


def test_a_closed_loop_forecasts_its_past_covariates_too(waves):
    settings = {"horizon": 3, "lookback": 16, "units": 4, "epochs": 1, "head": "student_t"}
    forecaster = Forecaster("narx", **settings)
    forecaster.fit(waves[:TRAINING], time="day", target="sales", past=["wind"])
    assert forecaster.fitted_.head_samples(5, horizon=9).shape == (1, 5, 9)
    with pytest.raises(ArgumentError, match="past covariates with the head of the target"):
        forecaster.set_params(head="negative_binomial").fit(
            waves[:TRAINING].round({"sales": 0}), time="day", target="sales", past=["wind"]
        )


@pytest.mark.parametrize(
    "strategy, difference", [("stateful", "season"), ("segment", "step"), ("closed_loop", "season")]
)
def test_differences_and_logarithms(tables, strategy, difference):
    forecaster = fitted(
        tables["real"], strategy=strategy, difference=difference, transform="log", head="normal"
    )
    panel = forecaster.fitted_.panel(tables["real"])
    rows = [np.arange(330, 390)]
    (quantiles,) = forecaster.fitted_.forecast_quantiles_origins(panel, rows, LEVELS)
    (point,) = forecaster.fitted_.forecast_origins(panel, rows)
    assert (np.diff(quantiles, axis=0) > 0).all() and quantiles.min() > 0
    assert ((point > quantiles[0]) & (point < quantiles[-1])).mean() > 0.99
    truth = tables["real"]["sales"].to_numpy()[rows[0][:, None] + np.arange(1, HORIZON + 1)]
    assert 0.5 < ((quantiles[0] < truth) & (truth < quantiles[-1])).mean() <= 1


def test_running_scales_and_several_series_and_missing_values(waves):
    two = pd.concat([waves.assign(shop=k, sales=waves["sales"] * k) for k in (1, 100)])
    two.loc[two.index % 17 == 3, "sales"] = np.nan
    settings = {"horizon": 3, "lookback": 16, "units": 4, "epochs": 1, "scaling": "running"}
    forecaster = Forecaster("gru", **settings, head="quantiles")
    two = two.rename(columns={"shop": "size"}).assign(unique_id=two["shop"].astype(str))
    forecaster.fit(read_panel(two, missing="mask", time="day", target="sales", static=["size"]))
    quantiles = forecaster.fitted_.head_quantiles(LEVELS)
    assert quantiles.shape == (2, 5, 3)
    width = quantiles[:, 4] - quantiles[:, 0]
    assert 30 < (width[1] / width[0]).mean() < 300


def test_the_validation_error_of_a_fit_is_its_crps(tables):
    class Log(NullRecorder):
        def parameters(self, values):
            parameters.update(values)

        def metrics(self, values, step=None):
            metrics.append(values)

    parameters, metrics = {}, []
    table = tables["real"][["day", "sales"]]
    forecaster = Forecaster(
        "gru", horizon=1, lookback=16, units=4, epochs=2, head="normal", refit=False
    )
    forecaster.fit(table, time="day", target="sales", recorder=Log())
    assert parameters["head"] == "normal" and parameters["loss"] == "negative log-likelihood"
    assert [one["val/crps"] for one in metrics] == forecaster.history_.score
    fitted = forecaster.fitted_
    origins = np.arange(319, 399)  # of the last fifth
    levels = [0.1, 0.3, 0.5, 0.7, 0.9]
    (quantiles,) = fitted.forecast_quantiles_origins(fitted.panel(table), [origins], levels)
    truth = table["sales"].to_numpy()[origins + 1, None]
    losses = [pinball(truth, q, level) for q, level in zip(quantiles, levels, strict=True)]
    assert 2 * np.mean(losses) == pytest.approx(min(forecaster.history_.score), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stateful", "segment", "narx"])
@pytest.mark.parametrize("head", ["normal", "negative_binomial"])
def test_a_weight_of_zero_leaves_targets_out(table_of, kind, head):
    table = table_of(head)[["day", "sales"]][:200]
    settings = STRATEGIES[kind] | {"head": head, "horizon": 2, "lookback": 8, "units": 3}
    found = []
    for weights in ([1.0, 2.0], [1.0, 0.0], [3.0, 0.0]):
        own = np.where(np.arange(200) < 100, *weights)
        forecaster = Forecaster(**settings, epochs=1)
        forecaster.fit(table.assign(w=own), time="day", target="sales", sample_weight="w")
        found.append(forecaster.fitted_.head_quantiles([0.3, 0.9]))
        assert np.isfinite(found[-1]).all()
    np.testing.assert_array_equal(found[1], found[2])


def test_a_killed_fit_continues_and_callbacks_read_the_crps(tables, tmp_path):
    table = tables["real"][["day", "sales"]][:200]
    settings: dict[str, Any] = {"horizon": 2, "lookback": 8, "units": 3, "head": "student_t"}
    columns = {"time": "day", "target": "sales"}
    log = keras.callbacks.CSVLogger(tmp_path / "log.csv")
    stop: Any = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _stop(stop, epoch))
    whole = Forecaster("narx", **settings, epochs=3).fit(table, callbacks=[log], **columns)
    logged = pd.read_csv(tmp_path / "log.csv")["val_crps"]
    np.testing.assert_allclose(logged, whole.history_.score, rtol=1e-6)
    folder = tmp_path / "checkpoint"
    killed = Forecaster("narx", **settings, epochs=3)
    with pytest.raises(KeyboardInterrupt):
        killed.fit(table, callbacks=[stop], checkpoint=folder, **columns)
    with pytest.warns(UserWarning, match="continues after epoch 1"):
        killed.fit(table, callbacks=[stop], checkpoint=folder, **columns)
    np.testing.assert_array_equal(*[one.fitted_.head_quantiles(LEVELS) for one in (whole, killed)])


def _stop(callback, epoch):
    if epoch == 1 and not hasattr(callback, "stopped"):
        callback.stopped = True
        raise KeyboardInterrupt


def test_an_ensemble_of_heads(tables):
    members = [Forecaster("gru", horizon=2, lookback=16, units=2, epochs=1, head="normal")]
    ensemble = Ensemble(members, n_seeds=2).fit(tables["real"][["day", "sales"]], time="day",
                                                target="sales")  # fmt: skip
    assert len(ensemble.predict()) == 2


def test_without_a_head_there_is_no_distribution(tables):
    forecaster = fitted(tables["real"])
    with pytest.raises(ArgumentError, match="fit with one of head='quantiles', 'normal'"):
        forecaster.fitted_.head_quantiles([0.5])


@pytest.mark.parametrize("levels", [[], [0.0], [1.0], [0.9, 0.1], [0.5, 0.5], [80]])
def test_levels_that_are_none(forecasters, levels):
    with pytest.raises(ArgumentError, match="`levels` must"):
        forecasters("stateful", "normal").fitted_.head_quantiles(levels)


CONTRADICTIONS = [
    ({"head": "gaussian"}, "`head` must be one of quantiles, normal"),
    ({"head": "normal", "loss": "mse"}, "leave `loss` or `head` out.*head='normal', loss='mse'"),
    ({"head": "negative_binomial", "difference": "step"}, "difference='step'"),
    ({"head": "negative_binomial", "transform": "log"}, "transform='log'"),
    ({"head": "zero_inflated", "transform": "auto"}, "transform='auto'"),
    ({"head": "zero_inflated", "scaling": "running"}, "scaling='running'"),
    (
        {"head": "zero_inflated", "strategy": "segment", "window_normalization": "last"},
        "window_normalization='last'",
    ),
]


@pytest.mark.parametrize("settings, message", CONTRADICTIONS)
def test_settings_that_contradict_a_head(settings, message):
    with pytest.raises(ArgumentError, match=message):
        Forecaster("gru", horizon=3, **settings).check()


@pytest.mark.parametrize("value, words", [(-1.0, "row 7 is -1"), (2.5, "row 7 is 2.5")])
def test_a_target_that_is_no_count(tables, value, words):
    table = tables["counts"].astype({"sales": float})
    table.loc[7, "sales"] = value
    with pytest.raises(DataError, match=rf"Series 'sales'.*2020-01-08, is no count: {words}"):
        fitted(table, head="negative_binomial")


@pytest.mark.parametrize("head", COUNTS)
def test_counts_that_are_all_zero_in_training(tables, head):
    table = tables["counts"].assign(sales=0)
    with pytest.warns(UserWarning, match="nothing can be learned"):
        forecaster = fitted(table, head=head)
    future = table[TRAINING : TRAINING + HORIZON][["day", "holiday"]]
    assert forecaster.fitted_.head_quantiles([0.5], future=future).max() <= 1


@pytest.mark.slow
def test_the_coverage_of_a_simulated_process_is_within_its_binomial_band():
    """An autoregression whose deviation doubles every other week: the head finds it."""
    rng = np.random.default_rng(0)
    n = 3000
    week = (np.arange(n) // 14) % 2
    noise = rng.normal(size=n) * (1 + week)
    y = np.zeros(n)
    for t in range(1, n):
        y[t] = 0.7 * y[t - 1] + noise[t]
    frame = pd.DataFrame({"ds": pd.date_range("2010-01-01", periods=n), "y": y, "week": week})
    small: dict[str, Any] = {"lookback": 28, "units": 8, "epochs": 40}
    alone = small | {"linear_lags": 0, "refit": False}  # the head is under test
    forecaster = Forecaster("gru", horizon=1, head="normal", **alone)
    forecaster.fit(frame[:2200], future=["week"])
    panel = forecaster.fitted_.panel(frame)
    origins = np.arange(2200, n - 1)
    (found,) = forecaster.fitted_.forecast_quantiles_origins(panel, [origins], [0.1, 0.9])
    low, high = found[..., 0]
    truth = y[origins + 1]
    inside = (low <= truth) & (truth <= high)
    assert abs(inside.mean() - 0.8) < 3 * np.sqrt(0.8 * 0.2 / len(origins))
    wide, narrow = ((high - low)[week[origins + 1] == k].mean() for k in (1, 0))
    assert 1.7 < wide / narrow < 2.3
