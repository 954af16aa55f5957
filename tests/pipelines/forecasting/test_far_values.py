"""Values far from all others: named where they look like signs of missing ones, and only there."""

import warnings

import numpy as np
import pandas as pd
import pytest
from rnnzoo import AutoForecaster, Forecaster
from rnnzoo.datasets import DATASETS, TimeSeriesPanel, load_dataset, read_panel
from rnnzoo.pipelines.forecasting.preprocessing.far_values import far_values, warn_of_far_values

TINY = {"horizon": 2, "lookback": 6, "units": 2, "epochs": 1}
WAVE = 20 + 5 * np.sin(np.arange(200) / 5) + np.random.default_rng(0).normal(0, 0.1, 200)


def with_signs(*signs: float, values=WAVE) -> np.ndarray:
    values = np.array(values, "float64")
    values[10 : 10 + len(signs)] = signs
    return values


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (with_signs(-9999), {-9999: 1}),
        (with_signs(-9999, -9999, np.nan), {-9999: 2}),
        (with_signs(-999, -9999, 9999), {-999: 1, -9999: 1, 9999: 1}),
        (with_signs(-99.0), {-99: 1}),
        (with_signs(1e20, 1e20), {1e20: 2}),
        (with_signs(np.float32(9.96920997e36)), {float(np.float32(9.96920997e36)): 1}),
        (with_signs(-32768, values=WAVE / 1000), {-32768: 1}),
        (with_signs(-9999, values=np.full(50, 7.0)), {-9999: 1}),  # all others are one number
        (with_signs(-1234.5, -1234.5), {-1234.5: 2}),  # no known sign, but it repeats
        (with_signs(-1234.5, -1234.5, 4321.5, 4321.5), {}),  # each is within ranges of the other
        (with_signs(-1234.5), {}),  # once: it may be true
        (with_signs(999, values=100 * WAVE), {}),  # within the others
        (with_signs(-9999, values=10_000 * (WAVE - 20)), {}),  # others range by more
        (np.repeat([0.0, 1.0], 50), {}),
        (np.repeat([0.0, 1.0, 500.0], [80, 15, 5]), {}),  # intermittent demand, large orders
        (np.r_[np.zeros(90), np.full(10, 3.75)], {}),
        (np.full(20, -9999.0), {}),
        (np.full(20, np.nan), {}),
    ],
)
def test_which_values_are_far(values, expected):
    assert far_values(values) == expected


def test_real_and_random_tables_are_silent(data_folder):
    tried = 0
    for path in sorted(data_folder.rglob("*.csv*")):
        frame = pd.read_csv(path)
        parts = [one for _, one in frame.groupby("unique_id")] if "unique_id" in frame else [frame]
        columns = [one[c] for one in parts for c in one.select_dtypes("number")]
        if path.parent.name == "m4":
            columns = [row for _, row in frame.iloc[:, 1:].astype("float64").iterrows()]
        for column in columns:
            for rows in (None, 60, 500):
                assert far_values(column.to_numpy("float64")[:rows]) == {}, (path.name, column.name)
                tried += 1
    assert tried > 1000
    rng = np.random.default_rng(0)
    for _ in range(200):
        seldom = rng.random(200) < 0.1
        assert far_values(seldom * rng.geometric(0.1, 200) * rng.choice([1.0, 100], 200)) == {}
        assert far_values(seldom * np.round(rng.lognormal(1, 2, 200), 2)) == {}
        assert far_values(np.exp(rng.standard_t(2, 200))) == {}


@pytest.mark.parametrize("name", DATASETS)
def test_data_sets_are_silent(name):
    warn_of_far_values(TimeSeriesPanel.of(load_dataset(name)))


def test_fit_names_them_and_the_remedy_works():
    ds = pd.date_range("2024-01-01", periods=200)
    frame = pd.DataFrame({"ds": ds, "y": with_signs(-9999), "w": with_signs(0, -99, -99)})
    frame["u"] = WAVE[::-1]
    columns = {"past": ["w"], "future": ["u"]}
    for estimator in (Forecaster("gru", **TINY), AutoForecaster(2, effort="quick")):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            if isinstance(estimator, AutoForecaster):  # too few rows for a network
                estimator.fit(frame[:30], **columns)
            else:
                estimator.fit(frame, **columns)
        far = [str(one.message) for one in told if "far from all others" in str(one.message)]
        assert len(far) == 2
        assert "Column 'y' has 1 value of -9999" in far[0]
        assert 'na=[-9999], missing="mask" (--na -9999 --missing mask)' in far[0]
        assert "Column 'w' has 2 values of -99" in far[1]
    panel = read_panel(frame, na=[-9999, -99], missing="mask", **columns)
    fitted = Forecaster("gru", **TINY).fit(panel)  # a warning would be an error
    assert fitted.transform_.known_["y"].scale_.max() < 10
    filled = read_panel(frame, na=[-9999], missing="interpolate", **columns)
    with pytest.warns(UserWarning, match="'w' has 2 values of -99") as heard:
        Forecaster("gru", **TINY).fit(filled)
    assert not any("Column 'y'" in str(one.message) for one in heard)


def test_a_loaded_model_reads_later_tables_so(tmp_path):
    ds = pd.date_range("2024-01-01", periods=100)
    frame = pd.DataFrame({"ds": ds, "y": with_signs(-9999)[:100]})
    panel = read_panel(frame, na=[-9999, "?"], missing="mask")
    Forecaster("gru", **TINY).fit(panel).save(tmp_path / "model")
    loaded = Forecaster.load(tmp_path / "model")
    assert loaded.schema_ == panel.schema
    pd.testing.assert_frame_equal(loaded.predict(frame), loaded.predict(panel))
