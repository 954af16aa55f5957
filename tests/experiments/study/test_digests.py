from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from rnnzoo.datasets import TimeSeriesPanel, load_clips, read_clips, read_panel, read_series
from rnnzoo.experiments.tasks.forecast.data import of_panel
from rnnzoo.experiments.tasks.frames.data import of_clips


@pytest.fixture(scope="module")
def table():
    """Longer than what MLflow looks at."""
    days = pd.date_range("1990-01-01", periods=12_000)
    return pd.DataFrame({"ds": days, "y": np.sin(np.arange(12_000) / 9)})


def digest(table, **columns):
    return of_panel(TimeSeriesPanel.of(read_series(table, name="x", **columns)), "training").digest


def test_equal_data_have_one_digest(table):
    assert digest(table) == digest(table.copy())
    assert len(digest(table)) == 32


def test_no_two_series_share_a_digest(table):
    wind = table.assign(wind=1.0)
    tables = {
        "as it is": (table, {}),
        "another last value": (table.assign(y=[*table["y"][:-1], 5.0]), {}),
        "a value nearly the same": (table.assign(y=np.nextafter(table["y"], 9)), {}),
        "later": (table.assign(ds=table["ds"] + pd.Timedelta(days=1)), {}),
        "hours for days": (
            table.assign(ds=pd.date_range("1990-01-01", periods=12_000, freq="h")), {},
        ),
        "shorter": (table[:-1], {}),
        "a covariate": (wind, {"past": ["wind"]}),
        "the covariate known ahead": (wind, {"future": ["wind"]}),
        "another covariate": (wind.assign(wind=2.0), {"past": ["wind"]}),
    }  # fmt: skip
    digests = {digest(frame, **columns) for frame, columns in tables.values()}
    assert len(digests) == len(tables)


def test_no_two_panels_share_a_digest():
    days = pd.date_range("2020-01-01", periods=30)
    numbers = np.arange(30.0)
    one = pd.DataFrame({"unique_id": "a", "ds": days, "y": numbers})
    two = one.assign(unique_id="b", y=-numbers)
    panels = [
        pd.concat([one, two]),
        pd.concat([one.assign(unique_id="b"), two.assign(unique_id="a")]),
        pd.concat([one, two.assign(unique_id="c")]),
        pd.concat([one, two[:-1]]),
    ]
    found = [of_panel(read_panel(panel, name="x"), "test") for panel in panels]
    assert len({each.digest for each in found}) == len(panels)
    assert found[0].about == {"series": 2, "rows": 60}


def test_what_was_filled_in_is_not_what_was_observed():
    table = pd.DataFrame({"ds": pd.date_range("2020-01-01", periods=30), "y": np.arange(30.0)})
    holed = table.assign(y=table["y"].where(table.index != 7))
    series = read_series(holed, name="x", missing="interpolate")
    assert series.frame["y"].tolist() == table["y"].tolist()
    assert of_panel(TimeSeriesPanel.of(series), "test").digest != digest(table)


def test_digests_of_clips():
    film = np.random.default_rng(0).integers(0, 255, (60, 8, 8), dtype="uint8")
    clips = read_clips(film, 5)
    found = of_clips(clips)
    assert [each.use for each in found] == ["training", "validation", "test"]
    assert len({each.digest for each in found}) == 3
    assert found == of_clips(read_clips(film.copy(), 5))
    changed = film.copy()
    changed[-1, -1, -1] ^= 1
    assert [a == b for a, b in zip(found, of_clips(read_clips(changed, 5)), strict=True)] == [
        True, True, False,
    ]  # fmt: skip


def test_clips_that_are_made_as_they_are_read():
    clips = load_clips("moving-digits")
    found, again = of_clips(clips), of_clips(load_clips("moving-digits"))
    assert found == again
    other = replace(clips, training=lambda count, seed: clips.training(count, seed + 1))
    assert of_clips(other)[0].digest != found[0].digest
