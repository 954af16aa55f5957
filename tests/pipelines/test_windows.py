import numpy as np
from rnnzoo.pipelines.windows import ahead, origins_between, padded_ahead, stream_starts


def test_ahead_is_a_view_of_the_rows_that_follow():
    values = np.arange(12.0).reshape(6, 2)
    view = ahead(values, 3)
    assert view.shape == (3, 3, 2)
    assert np.shares_memory(view, values)
    for t in range(3):
        np.testing.assert_array_equal(view[t], values[t + 1 : t + 4])


def test_padded_ahead_says_nan_where_the_series_ends():
    found = padded_ahead(np.arange(4.0), 2)
    np.testing.assert_array_equal(found, [[1, 2], [2, 3], [3, np.nan], [np.nan, np.nan]])


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
    # every row is read in every epoch: neighbours overlap or touch
    assert (np.diff(starts, axis=1) <= 120 + 120).all()


def test_one_span_is_the_latest():
    assert stream_starts(100, 60, 1, np.random.default_rng(0)).tolist() == [40]
