"""Values that a table had not got are marked, and are not known before their gap is closed."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import TimeSeriesPanel, read_like, read_panel, read_panel_like, read_series

GONE = {"y": [0, 5, 6, 7, 39], "wind": [6, 20]}
ASKED = {"past": ["wind"], "future": ["price"], "missing": "interpolate"}


@pytest.fixture
def holed(hourly) -> pd.DataFrame:
    """Forty hours with holes at both ends and inside, and one in what is known ahead."""
    for column, rows in GONE.items():
        hourly.loc[rows, column] = np.nan
    hourly.loc[12, "price"] = np.nan
    return hourly


def marked(filled: np.ndarray) -> dict[str, list[int]]:
    return {name: np.flatnonzero(own).tolist() for name, own in zip(GONE, filled.T, strict=True)}


def test_what_was_interpolated_is_marked(holed):
    series = read_series(holed, **ASKED)
    assert series.filled.shape == (40, 2) and marked(series.filled) == GONE
    without = holed.drop(index=[6, 12])
    assert marked(read_series(without, gaps="fill", **ASKED).filled) == {
        "y": [0, 5, 6, 7, 12, 39],
        "wind": [6, 12, 20],
    }
    masked = read_series(without, **ASKED | {"missing": "mask", "future": []}, gaps="fill")
    assert masked.filled is None


def test_where_nothing_was_there_is_none(hourly, holed):
    hourly["wind"], hourly["y"] = 1.0, 2.0
    series = read_series(hourly, **ASKED)  # but for what is known ahead
    assert series.filled is None and series.as_known(3) is series
    long = pd.concat([holed.assign(unique_id="A", y=1.0, wind=1.0), holed.assign(unique_id="B")])
    long.loc[3, "y"] = [1.0, np.nan]
    a, b = panel = read_panel(long, **ASKED)
    assert a.filled is None and b.filled.sum() == 1
    assert panel.as_known([0, 4]) is panel and panel.as_known([0, 3]).series[0] is a


def test_known_is_what_no_later_value_was_needed_for(holed):
    """A worked reference, of every row: walk the column, keep what has an observed value after."""
    series = read_series(holed, **ASKED)
    for row in range(-1, 40):
        known = series.as_known(row)
        for place, (column, holes) in enumerate({"y": GONE["y"], "wind": GONE["wind"]}.items()):
            for r in range(40):
                closed = any(later not in holes for later in range(r, row + 1))
                missing = r in holes and not closed
                assert np.isnan(known.frame[column][r]) == missing
                if not missing:
                    assert known.frame[column][r] == series.frame[column][r]
                    left = known.filled is not None and known.filled[r, place]
                    assert left == (r in holes)
        pd.testing.assert_series_equal(known.frame["price"], series.frame["price"])


def test_an_open_gap_is_missing_and_a_closed_one_is_history(holed):
    series = read_series(holed, **ASKED)
    before = series.frame.copy()
    within, closed = series.as_known(6), series.as_known(8)
    assert np.flatnonzero(within.frame["y"].isna()).tolist() == [5, 6, 7, 39]
    assert np.flatnonzero(closed.frame["y"].isna()).tolist() == [39]
    assert marked(closed.filled) == {"y": [0, 5, 6, 7], "wind": [6]}
    assert series.as_known(0).frame["y"].isna()[0]  # the nearest value came later
    pd.testing.assert_frame_equal(series.frame, before)


def test_what_comes_later_changes_nothing_known(holed):
    """The value after a gap moves what is filled into it, and nothing known before."""
    other = holed.copy()
    other.loc[8:, ["y", "wind"]] += 100.0
    one, two = read_series(holed, **ASKED), read_series(other, **ASKED)
    assert (one.frame["y"][:8] != two.frame["y"][:8]).any()
    for row in range(8):
        pair = [series.as_known(row)[: row + 1].frame for series in (one, two)]
        pd.testing.assert_frame_equal(*pair)


def test_known_at_two_rows_is_known_at_the_earlier(holed):
    series = read_series(holed, **ASKED)
    for a, b in ((6, 25), (25, 6), (8, 6), (0, 5)):
        both, earlier = series.as_known(a).as_known(b), series.as_known(min(a, b))
        pd.testing.assert_frame_equal(both.frame, earlier.frame)
        np.testing.assert_array_equal(both.filled, earlier.filled)


def test_slices_keep_their_marks(holed):
    series = read_series(holed, **ASKED)
    np.testing.assert_array_equal(series[3:10].filled, series.filled[3:10])
    assert series[1:5].filled is None and series[8:20].filled is None
    part = series[:7].as_known(6)  # ends within the gap
    pd.testing.assert_frame_equal(part.frame, series.as_known(6)[:7].frame)
    panel = TimeSeriesPanel.of(series)
    np.testing.assert_array_equal(panel[3:10].series[0].filled, series.filled[3:10])
    np.testing.assert_array_equal(panel.cut([7]).series[0].filled, series.filled[:7])


def test_marks_survive_reading_again(holed):
    series = read_series(holed, **ASKED)
    panel = read_panel(pd.concat([holed.assign(unique_id=one) for one in "AB"]), **ASKED)
    again = [
        read_series(series, season=7, name="other"),
        read_like(series, series.schema),
        *read_panel(panel, unit="MW"),
        *read_panel_like(panel, panel.schema, panel.ids),
        *read_panel_like(panel[3:], panel.schema, panel.ids),
    ]
    for one in again:
        np.testing.assert_array_equal(one.filled, series.filled[-len(one) :])
    load = read_series(holed.rename(columns={"y": "load"}), target="load", **ASKED)
    swapped = read_series(load, target="wind", past=["load"])
    np.testing.assert_array_equal(swapped.filled, series.filled[:, ::-1])
    back = read_series(swapped, target="load", past=["wind"])
    np.testing.assert_array_equal(back.filled, series.filled)


def test_known_panels_are_read_as_they_are(holed):
    panel = TimeSeriesPanel.of(read_series(holed, **ASKED)).as_known([6])
    assert read_panel(panel) is panel and panel.series[0].frame["y"].isna().sum() == 4
    filled = read_like(panel, panel.schema, missing="interpolate")  # marked anew
    assert marked(filled.filled) == GONE


def test_padding_is_marked(hourly):
    long = pd.concat([hourly.assign(unique_id="A"), hourly[4:6].assign(unique_id="B")])
    for missing in ("error", "mask"):
        a, b = read_panel(long, short="pad", fewest=5, missing=missing)
        assert a.filled is None and b.filled[:, 0].tolist() == [True] * 3 + [False] * 2
        assert b.as_known(3) is b and b.as_known(2).frame["y"].isna().sum() == 3
    again = read_panel(TimeSeriesPanel(a.schema, (a, b)), season=7)
    np.testing.assert_array_equal(again.series[1].filled, b.filled)


def test_a_million_rows_without_a_hole_cost_nothing():
    ds = pd.date_range("2000-01-01", periods=1_000_000, freq="min")
    series = read_series(pd.DataFrame({"ds": ds, "y": 1.0}))
    panel = TimeSeriesPanel.of(series)
    tracemalloc.start()
    assert series.as_known(500_000) is series and panel.as_known([500_000]) is panel
    assert tracemalloc.get_traced_memory()[1] < 10_000
    tracemalloc.stop()
