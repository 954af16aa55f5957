import numpy as np
import pandas as pd
import pytest
from rnnzoo.pipelines.next_frame import charts
from rnnzoo.pipelines.next_frame.metrics import mse
from rnnzoo.pipelines.next_frame.patches import to_unit_interval


@pytest.fixture(scope="module")
def evaluation(tiny, clips):
    return tiny.evaluate(clips)


def test_scores_are_those_of_the_roll_out(evaluation, tiny, clips):
    forecast = tiny.predict(clips.test[:, :3])
    expected = mse(to_unit_interval(clips.test[:, 3:7]), forecast)
    np.testing.assert_allclose(evaluation.errors["conv_lstm"]["mse"], expected, rtol=1e-5)
    assert evaluation.scores()["mse"] == pytest.approx(expected.mean())
    assert (evaluation.clips, evaluation.horizon, evaluation.context) == (40, 4, 3)


def test_baselines_stand_beside_every_score(evaluation):
    board = evaluation.leaderboard
    assert set(board["model"]) == {"conv_lstm", "repeat-last", "mean-image", "zeros"}
    assert board["mse"].is_monotonic_increasing
    assert list(board) == [
        "model", "mse", "mae", "ssim", "psnr", "skill", "parameters", "seconds",
    ]  # fmt: skip
    assert np.isfinite(board[["mse", "mae", "ssim", "psnr", "skill"]].to_numpy()).all()
    assert board.set_index("model")["skill"][evaluation.reference] == 0
    best = board[board["model"] != "conv_lstm"].iloc[0]
    assert best["model"] == evaluation.reference


def test_errors_by_lead(evaluation):
    table = evaluation.by_lead
    assert list(table) == ["model", "step", "mse", "mae", "ssim", "psnr"]
    means = table.groupby("model")["mse"].mean()
    for row in evaluation.leaderboard.to_dict("records"):
        assert means[row["model"]] == pytest.approx(row["mse"])
    repeat = table[table["model"] == "repeat-last"].set_index("step")["mse"]
    assert repeat[1] < repeat[4]


def test_only_the_scored_frames_count(tiny, clips):
    longer = np.concatenate([clips.test, 255 - clips.test], axis=1)
    pd.testing.assert_frame_equal(
        tiny.evaluate(longer).leaderboard, tiny.evaluate(clips).leaderboard
    )


def test_what_is_told_to_a_recorder(tiny, clips):
    class Listener:
        def __init__(self):
            self.told = {}

        def metrics(self, values, step=None):
            self.told |= values

        def series(self, name, values):
            self.told[name] = values

    listener = Listener()
    evaluation = tiny.evaluate(clips, recorder=listener)
    scores = {f"test/{key}": value for key, value in evaluation.scores().items()}
    series = {"horizon/mse", "horizon/mae", "horizon/ssim", "horizon/psnr"}
    assert listener.told.items() >= scores.items()
    assert listener.told.keys() == scores.keys() | series
    assert all(len(listener.told[name]) == 4 for name in series)


def test_a_strip_shows_input_truth_forecast_and_difference(evaluation):
    sample = evaluation.samples[0]
    figure = charts.strip(sample, "conv_lstm", "squares")
    rows = [label.get_text() for axes in figure.axes for label in axes.get_yticklabels()]
    leads = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    assert rows == ["input", "truth", "forecast", "difference"]
    assert leads == [["-2", "-1", "0"], ["1", "2", "3", "4"]]
    sheet = figure.axes[1].images[0].get_array()
    first = sample.forecasts["conv_lstm"][0, ..., 0]
    np.testing.assert_allclose(sheet[9:17, :8, 0], first, atol=1e-6)


def test_a_long_roll_out_is_shown_at_some_leads(tiny, clips):
    sample = tiny.evaluate(clips).samples[0]
    long = np.repeat(sample.truth, 6, axis=0)
    figure = charts.lead_strip(long, long, "title")
    shown = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert len(shown) == 4
    assert (shown[0], shown[-1]) == ("lead 1", "lead 24")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_frames_of_any_channels_can_be_looked_at(evaluation, channels):
    sample = evaluation.samples[0]
    frames = {name: f.repeat(channels, axis=-1) for name, f in sample.forecasts.items()}
    wide = type(sample)(
        sample.context.repeat(channels, -1), sample.truth.repeat(channels, -1), frames
    )
    charts.strip(wide, "conv_lstm", "squares")
    film = charts.animation(wide, "conv_lstm")
    assert film.shape[0] == 7
    assert film.dtype == "uint8"


def test_dark_clips_are_brightened_to_be_seen(evaluation):
    bright = evaluation.samples[0]
    frames = {name: forecast / 5 for name, forecast in bright.forecasts.items()}
    dark = type(bright)(bright.context / 5, bright.truth / 5, frames)
    one, two = (charts.strip(sample, "conv_lstm", "squares") for sample in (bright, dark))
    assert "white is 0.2" in two.axes[1].get_xlabel()
    assert "white" not in one.axes[1].get_xlabel()
    for above, below in zip(one.axes, two.axes, strict=True):
        sheets = [axes.images[0].get_array() for axes in (above, below)]
        np.testing.assert_allclose(*sheets, atol=0.01)


def test_the_animation_changes_sides_after_the_context(evaluation):
    film = charts.animation(evaluation.samples[0], "conv_lstm")
    pictures = film[:, charts.HEADING :]
    width = (pictures.shape[2] - 4) // 2
    same = [np.array_equal(p[:, :width], p[:, width + 4 :]) for p in pictures]
    assert same == [True] * 3 + [False] * 4
