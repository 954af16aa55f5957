import tracemalloc

import numpy as np
import pandas as pd
from rnnzoo import read_series
from rnnzoo.pipelines.forecasting.preprocessing.rows import Rows
from rnnzoo.pipelines.forecasting.strategies.tbptt import ConcatenatedRows
from rnnzoo.pipelines.training.windows import ahead, origins_between, stream_starts


def test_ahead_is_a_view_of_the_rows_that_follow():
    values = np.arange(12.0).reshape(6, 2)
    view = ahead(values, 3)
    assert view.shape == (3, 3, 2)
    assert np.shares_memory(view, values)
    for t in range(3):
        np.testing.assert_array_equal(view[t], values[t + 1 : t + 4])


def test_origins_have_all_their_targets_in_the_span():
    origins = origins_between(start=100, end=150, horizon=7)
    assert origins[0] + 1 == 100
    assert origins[-1] + 7 == 149
    assert len(origins) == 50 - 7 + 1  # rows - horizon + 1, nothing dropped


def test_spans_stay_inside_and_reach_both_ends():
    rng = np.random.default_rng(0)
    starts = np.array([stream_starts(1000, 120, 9, rng) for _ in range(50)])
    assert starts.min() == 0
    assert starts.max() == 1000 - 120
    # every row is read in every epoch: neighbors overlap or touch
    assert (np.diff(starts, axis=1) <= 120 + 120).all()


def test_one_span_is_the_latest():
    assert stream_starts(100, 60, 1, np.random.default_rng(0)).tolist() == [40]


def test_a_million_rows_are_windowed_and_chunked_without_a_copy():
    rows = 1_000_000
    values = np.zeros((rows, 3), "float32")
    one = Rows(
        target=np.zeros(rows),
        last_observed=np.zeros((rows, 1)),
        features=values[:, :1],
        observed=values[:, :0],
        future=values[:, 1:],
        anchor=np.zeros((rows, 1)),
        scale=np.broadcast_to(np.ones(2), (rows, 2)),
        others=values[:, :0],
        weight=values[:, :0],
        number=0,
    )
    tracemalloc.start()
    try:
        assert ahead(values, 500).shape == (rows - 500, 500, 3)
        joined = ConcatenatedRows([one])
        assert joined.rows is one and one[100:-100].features.base is not None
        at = np.arange(16)[:, None] * 60_000 + np.arange(168)
        leads, inside = joined.after(at, np.arange(1, 25))
        assert joined.rows[at].features.shape == (16, 168, 1) and inside.all()
        assert joined.rows.target[leads].shape == (16, 168, 24)
        assert tracemalloc.get_traced_memory()[1] < values.nbytes / 5  # the gathered batch alone
    finally:
        tracemalloc.stop()


def test_a_long_series_is_split_without_a_copy():
    series = read_series(
        pd.Series(np.zeros(200_000), pd.date_range("2000", periods=200_000, freq="min"))
    )
    assert np.shares_memory(series[:-1000].values(["y"]), series.values(["y"]))
