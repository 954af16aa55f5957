import io
import re
import socket
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from rnnzoo import Forecaster
from rnnzoo.experiments.cli.app import app
from rnnzoo.experiments.reports.terminal import leaderboard_table
from rnnzoo.experiments.tasks.forecast import task
from rnnzoo.experiments.tasks.forecast.networks import default_cells
from rnnzoo.pipelines.forecasting.baselines.table import BASELINES
from typer.testing import CliRunner

TINY = ["--horizon", "3", "--lookback", "8", "--units", "2", "--epochs", "1"]
COLUMNS = ["--time", "day", "--target", "sales"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory, and no tracking server from outside."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("RNNZOO_RUNS", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def gru_backtest(waves):
    forecaster = Forecaster("gru", horizon=5, lookback=8, units=2, epochs=1)
    frame = waves[["day", "sales"]]
    return forecaster.fit(frame[:300], time="day", target="sales").backtest(frame)


def rnnzoo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_auto_is_the_default_with_its_effort(here, waves):
    waves[:20].to_csv("waves.csv", index=False)  # too few rows for a network
    how = ("forecast", "waves.csv", *COLUMNS, "--horizon", "8", "--no-tracking")
    done = rnnzoo(*how, "--effort", "quick")
    assert done.exit_code == 0, done.output
    assert "What auto tried" in done.output and "gru is fitted, not auto" not in done.output
    assert "Of " in done.output and "validation rows, in units of the scale of MASE" in done.output
    assert "gru-difference: Series" in done.output and "needs at least" in done.output


def test_of_months_a_year_is_forecast(here, waves):
    months = pd.date_range("2018-01-01", periods=75, freq="MS")
    waves[:75].assign(day=months).to_csv("months.csv", index=False)
    done = rnnzoo("forecast", "months.csv", *COLUMNS, "--no-tracking", "--model", "naive-seasonal")
    assert done.exit_code == 0, done.output
    assert "12 steps ahead" in done.output


def test_what_is_fitted_in_place_of_auto_is_said(here, waves):
    waves[:120].to_csv("waves.csv", index=False)
    how = ("forecast", "waves.csv", *COLUMNS, "--horizon", "3", "--no-tracking")
    one = rnnzoo(*how, "--epochs", "1", "--units", "2")
    assert one.exit_code == 0, one.output
    assert "gru is fitted, not auto: auto chooses units, epochs itself" in one.output
    refused = rnnzoo(*how, "--epochs", "1", "--effort", "quick")
    assert refused.exit_code == 2 and "--effort is a setting of auto, and gru" in refused.output
    refused = rnnzoo(*how, "--cell", "auto", "--effort", "much")
    assert refused.exit_code == 2 and "`effort` must be one of quick" in refused.output
    cells, why = default_cells({}, seeds=2)
    assert cells == ["gru"] and why.endswith("not auto, which is fitted once (--seeds 2).")


def test_forecast_ends_with_a_leaderboard_and_a_forecast(here, waves):
    waves[:120].to_csv("waves.csv", index=False)
    done = rnnzoo("forecast", "waves.csv", *COLUMNS, *TINY, "--cell", "gru,narx",
                  "--past", "wind", "--no-tracking", "--save", "out", "--model", "gru")  # fmt: skip
    assert done.exit_code == 0, done.output
    board = done.output[done.output.index("tested on the last 24 rows") :]
    for model in ("gru", "narx", *BASELINES):
        assert model in board
    assert "2020-04-30" in board  # the day after the last one
    assert {path.name for path in (here / "out").iterdir()} == {
        "model-gru", "model-narx", "forecast.csv", "report.html", "waves-ahead.png",
        "waves-forecast.png", "waves-intervals.png", "waves-calibration.png",
        "waves-reliability.png", "waves-pit.png", "waves-error-by-lead.png",
        "waves-leaderboard.csv", "waves-interval-scores.csv", "waves-error-by-lead.csv",
        "waves-random-walk.csv",
    }  # fmt: skip
    assert {path.name for path in here.iterdir()} == {"waves.csv", "out"}
    saved = pd.read_csv("out/forecast.csv")
    with pytest.warns(UserWarning, match="36 past errors of lead 3"):
        again = Forecaster.load("out/model-gru").predict(level=[80, 95])
    for column in ("yhat", "yhat-lo-95", "yhat-hi-80"):
        np.testing.assert_allclose(saved[column], again[column], rtol=1e-12)
    assert set(saved["model"]) == {"gru"}


def test_a_table_alone_is_forecast_by_what_proves_best(here, waves):
    waves[["day", "sales"]][:90].to_csv("waves.csv", index=False)
    done = rnnzoo("forecast", "waves.csv", *COLUMNS, "--horizon", "2", "--set", "max_minutes=0.02",
                  "--no-tracking", "--save", "out")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "What auto tried" in done.output
    assert "has the smallest MAE of the test" in done.output
    saved = pd.read_csv("out/forecast.csv")
    assert len(saved) == 2 and (saved["yhat-lo-80"] < saved["yhat-hi-80"]).all()
    chosen = rnnzoo("forecast", "waves.csv", *COLUMNS, "--horizon", "2", "--model", "ets",
                    "--set", "max_minutes=0.02", "--no-tracking")  # fmt: skip
    assert "What follows, by ets" in chosen.output
    unknown = rnnzoo("forecast", "waves.csv", *COLUMNS, *TINY, "--model", "arima", "--no-tracking")
    assert unknown.exit_code == 2
    assert "--model" in unknown.output


def test_a_head_is_scored_beside_past_errors(here, waves):
    waves[["day", "sales"]][:120].to_csv("waves.csv", index=False)
    command = ["forecast", "waves.csv", *COLUMNS, *TINY, "--no-tracking"]
    done = rnnzoo(*command, "--head", "student_t", "--difference", "step")
    assert done.exit_code == 0, done.output
    assert re.search(r"gru, its head student_t alone, not recalibrated.*: CRPS \d", done.output)
    assert re.search(r"right +always.*\ngru +1 .*\d%? \[\d", done.output)  # no share without bounds
    unknown = rnnzoo(*command, "--head", "student")
    assert unknown.exit_code == 2 and "Did you mean student_t" in unknown.stderr
    counts = rnnzoo(*command, "--head", "negative_binomial")
    assert counts.exit_code == 2 and "'sales', first at 2020-01-01, are no count" in counts.stderr


def test_seeds_that_forecast_as_one_and_fits_that_are_gone_on_with(here, waves):
    """The same command again trains nothing: what it says of the seconds is what they took."""
    waves[:120].to_csv("waves.csv", index=False)
    command = ["forecast", "waves.csv", *COLUMNS, *TINY, "--seeds", "2", "--aggregation", "median"]
    command += ["--no-tracking", "--checkpoint", "kept", "--warm-up"]
    first, again = rnnzoo(*command), rnnzoo(*command)
    assert first.exit_code == 0, first.output
    assert "median of 2 gru" in first.output and "One network alone" in first.output
    assert "by the history that it has read" in first.output
    assert again.output == first.output
    other = rnnzoo(*command, "--units", "3")
    assert other.exit_code == 2 and "units" in other.stderr


def test_settings_without_an_option_of_their_own(here, waves):
    waves[:120].to_csv("waves.csv", index=False)
    command = ["forecast", "waves.csv", *COLUMNS, *TINY, "--no-tracking", "--epochs", "5"]
    plain = rnnzoo(*command)
    assert "gru: a stateful network, 77 rows are too few to learn from windows" in plain.output
    other = rnnzoo(*command, "--set", "learning_rate=0.1", "--set", "optimizer=sgd",
                   "--set", 'loss={"class_name": "Huber"}', "--weight", "holiday")  # fmt: skip
    assert other.exit_code == 0 and other.output != plain.output
    for bad, words in (
        ("learning_rte=1", "Did you mean learning_rate"),
        ("units=3", "--units"),
        ("optimizer=sdg", "Did you mean sgd"),
        ("loss=3", "`loss` must be a name"),
    ):
        refused = rnnzoo(*command, "--set", bad)
        assert refused.exit_code == 2 and words in refused.stderr
    refused = rnnzoo(*command, "--difference", "seasonal")
    assert refused.exit_code == 2 and "Did you mean season" in refused.stderr


def test_runs_are_tracked_and_compared(here, waves, store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    waves[["day", "sales"]][:120].to_parquet("tracked.parquet")
    done = rnnzoo("forecast", "tracked.parquet", *COLUMNS, *TINY)
    assert done.exit_code == 0, done.output
    assert f"Runs are in {store.uri}" in done.output
    (report,) = re.findall(r"The report is (.*)", done.output)
    assert "What follows" in Path(report).read_text(encoding="utf-8")
    assert len(store.runs("forecast/tracked")) == 1 + len(BASELINES)
    compared = rnnzoo("compare", "forecast/tracked", "--all")
    assert compared.exit_code == 0
    for run in ("gru-0", "naive-last", "linear-ar"):
        assert run in compared.output
    assert "/runs?viewStateShareKey=rnnzoo" in compared.output
    models = rnnzoo("compare", "forecast/tracked")  # the newest study
    assert models.exit_code == 0 and "gru " in models.output
    assert "luck in training is not counted" in " ".join(models.output.split())
    unknown = rnnzoo("compare", "forecast/trackd")
    assert unknown.exit_code == 2
    assert "Did you mean forecast/tracked" in unknown.output


def test_a_study_interrupted_before_its_forecast_gets_it_from_the_same_command(
    here, waves, store, monkeypatch
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    waves[["day", "sales"]][:120].to_csv("late.csv", index=False)
    command = ["forecast", "late.csv", *COLUMNS, *TINY, "--checkpoint", "kept"]

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(task, "forecast_ahead", interrupted)
        assert rnnzoo(*command).exit_code == 130
    experiment = store.client.get_experiment_by_name("forecast/late").experiment_id
    before = store.client.search_runs([experiment])
    statuses = {run.data.tags.get("cell", "study"): run.info.status for run in before}
    assert statuses.pop("study") == "KILLED" and set(statuses.values()) == {"FINISHED"}
    done = rnnzoo(*command)
    assert done.exit_code == 0, done.output
    after = store.client.search_runs([experiment])
    assert {run.info.run_id for run in after} == {run.info.run_id for run in before}
    (study,) = [run for run in after if "cell" not in run.data.tags]
    assert study.info.status == "FINISHED"
    files = {file.path for file in store.client.list_artifacts(study.info.run_id)}
    assert {"forecast.csv", "late-ahead.png", "report.html"} <= files


def test_a_server_that_is_down_stops_nothing_and_sync_brings_the_rest(
    here, waves, store, monkeypatch, caplog
):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://anna:secret@127.0.0.1:9")
    waves[["day", "sales"]][:120].to_csv("down.csv", index=False)
    done = rnnzoo("forecast", "down.csv", *COLUMNS, *TINY)
    assert done.exit_code == 0, done.output
    assert "What follows, by " in done.output
    assert "events are not yet in MLflow: rnnzoo sync" in done.output
    assert caplog.text.count("The run continues without it") == 1
    assert "secret" not in done.output + caplog.text
    assert {path.name for path in here.iterdir()} == {"down.csv", "rnnzoo-runs"}
    refused = rnnzoo("sync")
    assert refused.exit_code == 2
    assert "http://127.0.0.1:9" in refused.output

    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    pending = re.search(r"(\d+) events are not yet", done.output)[1]
    count = 2 + len(BASELINES)  # the network, the study, the baselines
    print_sync = rnnzoo("sync", "--runs", "rnnzoo-runs")
    assert print_sync.exit_code == 0, print_sync.output
    assert f"{pending} events of {count} runs were uploaded to {store.uri}" in print_sync.output
    assert "complete there" not in print_sync.output
    assert len(store.runs("forecast/down")) == count - 1
    again = rnnzoo("sync", "--runs", "rnnzoo-runs")
    assert f"0 events of 0 runs were uploaded to {store.uri}" in again.output
    assert f"{count} runs were complete there" in again.output

    journal = next((here / "rnnzoo-runs").glob("*/events.jsonl"))
    journal.write_bytes(journal.read_bytes().replace(b"forecast", b"forceast", 1))
    damaged = rnnzoo("sync", "--runs", "rnnzoo-runs")
    assert damaged.exit_code == 2
    assert f"Error: The journal {Path('rnnzoo-runs') / journal.parent.name}" in damaged.output


def test_strict_stops_before_the_work(here, waves, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    waves[["day", "sales"]][:120].to_csv("data.csv", index=False)
    done = rnnzoo("forecast", "data.csv", *COLUMNS, *TINY, "--strict")
    assert done.exit_code == 2
    assert "The tracking store http://127.0.0.1:9 failed" in done.output
    assert not re.search(r"epoch \d", done.output)


def test_sync_without_runs(here):
    done = rnnzoo("sync")
    assert done.exit_code == 2
    assert f"There are no runs in {here / 'rnnzoo-runs'}" in done.output
    assert list(here.iterdir()) == []


def broken(waves, **changes):
    return waves[:120].assign(**changes)


SALES = np.arange(120.0)
BAD = {
    "an empty file": (b"", [], "The file is empty"),
    "no such column": (None, ["--target", "sale"], "Did you mean 'sales'"),
    "a missing value": (
        lambda w: broken(w, sales=np.where(SALES == 40, np.nan, SALES)),
        [],
        "line 42",
    ),
    "dates out of order and twice": (
        lambda w: pd.concat([w[60:120], w[:61]]),
        [],
        "2020-03-01",
    ),
    "shorter than the window": (lambda w: w[:12], [], "has 12"),
    "horizon 0": (None, ["--horizon", "0"], "horizon=0"),
    "an unknown cell": (None, ["--cell", "gruu"], "Did you mean gru"),
    "a test span that eats the series": (None, ["--test-rows", "118"], "118 to test on), has 120"),
    "a strategy of letters": (None, ["--units", "many"], "--units"),
    "units 0": (None, ["--units", "0"], "units=0"),
    "a table of the future for nobody": (None, ["--future-rows", "data.csv"], "--future"),
    "a seed too large": (None, ["--seed", "99999999999"], "seed=99999999999"),
    "layers 0": (None, ["--layers", "0"], "layers=0"),
    "an unknown strategy": (None, ["--strategy", "closed"], "closed_loop"),
    "a season of nothing": (None, ["--season", "0"], "season=0"),
    "a step that is none": (None, ["--frequency", "fortnight"], "fortnight"),
    "fewer rows than asked for": (None, ["--fewest", "121"], "rows; it needs at least 121"),
    "covariates that are not there": (None, ["--past", "rain"], "'rain'"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_clear_message_exit_2_and_nothing_left_behind(here, waves, case):
    content, arguments, message = BAD[case]
    if isinstance(content, bytes):
        (here / "data.csv").write_bytes(content)
    else:
        (content or (lambda w: w[:120]))(waves).to_csv("data.csv", index=False)
    done = rnnzoo("forecast", "data.csv", *COLUMNS, *TINY, *arguments)
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert "Traceback" not in done.output
    assert {path.name for path in here.iterdir()} == {"data.csv"}


def test_dates_out_of_order_are_sorted_and_said(here, waves):
    pd.concat([waves[60:120], waves[:60]]).to_csv("data.csv", index=False)
    done = rnnzoo("forecast", "data.csv", *COLUMNS, *TINY, "--no-tracking")
    assert done.exit_code == 0, done.output
    assert "Repaired: " in done.output


def test_a_foreign_folder_is_found_before_the_work(here, waves):
    waves[:120].to_csv("data.csv", index=False)
    (here / "out" / "model-gru").mkdir(parents=True)
    (here / "out" / "model-gru" / "thesis.txt").write_text("mine")
    done = rnnzoo("forecast", "data.csv", *COLUMNS, *TINY, "--save", "out")
    assert done.exit_code == 2
    assert "holds no rnnzoo model" in done.output
    assert [path.name for path in (here / "out").iterdir()] == ["model-gru"]
    assert not (here / "mlflow.db").exists()


def test_known_future_covariates(here, waves):
    waves[:120].to_csv("data.csv", index=False)
    arguments = ["forecast", "data.csv", *COLUMNS, *TINY, "--future", "holiday", "--no-tracking",
                 "--model", "gru"]  # fmt: skip
    without = rnnzoo(*arguments)
    assert without.exit_code == 0, without.output
    assert "--future-rows FILE" in without.output
    waves[120:122][["day", "holiday"]].to_csv("ahead.csv", index=False)
    short = rnnzoo(*arguments, "--future-rows", "ahead.csv")
    assert short.exit_code == 2
    assert "2020-05-02" in short.output  # the first day that is missing
    waves[120:123][["day", "holiday"]].to_csv("ahead.csv", index=False)
    done = rnnzoo(*arguments, "--future-rows", "ahead.csv")
    assert done.exit_code == 0, done.output
    assert "What follows, by gru" in done.output


def test_what_a_table_cannot_say_itself(here, waves):
    waves[:120][["day", "sales"]].to_csv("data.csv", index=False)
    done = rnnzoo("forecast", "data.csv", *COLUMNS, *TINY, "--unit", "kg", "--season", "1",
                  "--layers", "2", "--strategy", "closed_loop", "--no-tracking",
                  "--save", "out")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "MAE, kg" in done.output
    assert "naive-seasonal" not in done.output
    forecaster = Forecaster.load("out/model-gru")
    assert (forecaster.layers, forecaster.strategy) == (2, "closed_loop")
    assert forecaster.schema_.season == 1


def test_a_step_that_fits_few_of_the_times(here, waves):
    kept = (waves.index % 10).isin([0, 1, 2, 4, 7])  # 1, 2 or 3 days apart
    waves.loc[kept, ["day", "sales"]].to_csv("data.csv", index=False)
    arguments = ["forecast", "data.csv", *COLUMNS, *TINY, "--no-tracking"]
    refused = rnnzoo(*arguments)
    assert refused.exit_code == 2
    assert "no regular step" in refused.output
    done = rnnzoo(*arguments, "--frequency", "D", "--gaps", "fill")
    assert done.exit_code == 0, done.output


def test_series_too_short_are_left_out(here, waves):
    shop = waves[:120][["day", "sales"]].assign(unique_id="old")
    pd.concat([shop, shop[:20].assign(unique_id="new")]).to_csv("shops.csv", index=False)
    arguments = ["forecast", "shops.csv", *COLUMNS, *TINY, "--no-tracking"]
    refused = rnnzoo(*arguments, "--fewest", "40")
    assert refused.exit_code == 2
    assert "1 of 2 series have fewer than 40 rows: 'new' (20)" in refused.output
    for short, told in (("drop", "was left out"), ("pad", "was begun earlier by 20 rows")):
        done = rnnzoo(*arguments, "--fewest", "40", "--short", short, "--test-rows", "10")
        assert done.exit_code == 0, done.output
        assert f"1 series with fewer than 40 rows {told}" in done.output


def test_scores_that_are_undefined_stop_nothing(here):
    days = pd.date_range("2024-01-01", periods=120)
    pd.DataFrame({"day": days, "sales": 7.0}).to_csv("constant.csv", index=False)
    done = rnnzoo("forecast", "constant.csv", *COLUMNS, *TINY, "--no-tracking")
    assert done.exit_code == 0, done.output
    assert "naive-last" in done.output
    assert "Warning: Series 'constant': column 'sales' is 7 throughout" in done.output


def test_brackets_in_a_name_are_no_markup(here, waves):
    table = waves[:120].rename(columns={"sales": "units [/kg]"})
    table.loc[50, "units [/kg]"] = np.nan
    table.to_csv("data.csv", index=False)
    done = rnnzoo("forecast", "data.csv", "--time", "day", "--target", "units [/kg]", *TINY,
                  "--missing", "interpolate", "--no-tracking")  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "Repaired: Column 'units [/kg]': 1 missing value" in done.output


def test_the_traceback_only_on_request(here):
    plain = subprocess.run(
        [sys.executable, "-m", "rnnzoo.experiments.cli.app", "forecast", "missing.csv"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert plain.returncode == 2
    assert plain.stderr == "Error: There is no file missing.csv.\n"
    asked = rnnzoo("forecast", "missing.csv", "--debug")
    assert asked.exit_code == 2 and asked.stderr.startswith("Traceback (most recent call last)")
    assert asked.stderr.endswith("rnnzoo.errors.DataError: There is no file missing.csv.\n\n")


def test_compare_and_ui_without_runs(here):
    for command in ("compare", "ui"):
        done = rnnzoo(command)
        assert done.exit_code == 2
        assert "There are no runs yet" in done.output
    assert list(here.iterdir()) == []


def test_ui_and_ports_that_cannot_be_used(here, store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    done = rnnzoo("ui", "--port", "99999")
    assert done.exit_code == 2
    assert "A port is a number from 1 to 65535. Received: port=99999." in done.output
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = rnnzoo("ui", "--port", str(port))
    assert done.exit_code == 2
    assert f"Port {port} of this machine cannot be used" in done.output
    assert "The dashboard is at" not in done.output


@pytest.mark.slow
def test_a_signal_to_ui_ends_the_server(here, store, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store.uri)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "rnnzoo.experiments.cli.app", "ui", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as shown:
        end = time.monotonic() + 180
        while time.monotonic() < end and not listens(port):
            time.sleep(0.5)
        assert listens(port)
        shown.terminate()
        shown.wait(30)
    assert not listens(port)


def listens(port):
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def test_a_leaderboard_fits_a_terminal_of_80_columns(gru_backtest):
    console = Console(width=80, file=(screen := io.StringIO()))
    headings = {"heading": "MAE, °C", "others": {"rmse": "RMSE", "mase": "MASE"}}
    table = leaderboard_table(
        gru_backtest.leaderboard, gru_backtest.by_lead, console.width, error="mae", **headings
    )
    console.print(table)
    shown = screen.getvalue()
    assert "naive-seasonal" in shown
    assert "…" not in shown
    assert "lead 1 " in shown
    assert "lead 5 " in shown


def test_a_data_set_by_name(here):
    near = rnnzoo("forecast", "seattle-wether")
    assert near.exit_code == 2
    assert "Did you mean seattle-weather" in near.output
    named = rnnzoo("forecast", "seattle-weather", "--target", "wind")
    assert named.exit_code == 2
    assert "leave out --target" in named.output
    told = rnnzoo("forecast", "seattle-weather", "--season", "7", "--fewest", "9", "--unit", "K")
    assert told.exit_code == 2
    assert "leave out --fewest, --season, --unit" in told.output


def test_the_version_is_that_of_the_package(here):
    done = rnnzoo("--version")
    assert (done.exit_code, done.output) == (0, f"rnnzoo {version('rnnzoo')}\n")


def test_lists(here):
    assert "seattle-weather" in rnnzoo("data").output
    listed = rnnzoo("cells").output
    for cell in ("rnn", "elman", "jordan", "narx", "lstm", "gru"):
        assert cell in listed
