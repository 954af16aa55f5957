"""What tracking costs a fit: ours, the same fit without, and MLflow's autolog for Keras.

    python benchmarks/tracking.py [--csv FILE --time COLUMN --target COLUMN] [--json FILE]

Four fits take turns in each round, after a round that is not counted, so that a busy machine slows
all of them:

- `rnnzoo`: a GRU forecaster that logs nothing;
- `rnnzoo, tracked`: the same with a journal, whose events a thread uploads to SQLite;
- `keras`: a GRU of the same width over the same rows, by `keras.Model.fit`;
- `keras, autolog`: the same under `mlflow.keras.autolog`, into SQLite, without models and data
  sets, which we do not log while a fit goes on either.

The first epoch compiles and is left out. *Tracking* is the time that the thread that trains
spends in the recorder, or in MLflow's callback, an epoch: what it computes, writes and waits for;
its share of the epoch is what has to stay below 1 %. *Slower* is the ratio of whole epochs with
and without tracking, which also holds what the background thread takes from the processors, and
the noise of the machine. *Start and end* is what tracking takes before the first epoch and after
the last, models and pictures apart; *afterwards* is the wait for what is still on its way to the
store.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rnnzoo.zoo  # noqa: F401  first: keeps the backend's start-up off the screen

import keras  # isort: skip
import mlflow
import numpy as np
from rnnzoo import Forecaster, TimeSeriesPanel, load_dataset, read_panel
from rnnzoo.experiments.journal.journal import Journal
from rnnzoo.experiments.tracking import Store, Tracker
from rnnzoo.pipelines.recorder import NullRecorder

LOOKBACK, HORIZON, UNITS, BATCH = 28, 7, 32, 32
#: With tracking, and what it is held against.
PAIRS = {"rnnzoo, tracked": "rnnzoo", "keras, autolog": "keras"}


@dataclass
class Clock:
    """Seconds of each epoch, and those of them that went to tracking.

    Attributes:
        ends: when each epoch ended.
        logged: seconds of tracking until then, in all.
        tracking: seconds of tracking so far.
        after: seconds of waiting after the fit.
    """

    ends: list[float] = field(default_factory=list)
    logged: list[float] = field(default_factory=list)
    tracking: float = 0.0
    after: float = 0.0

    def epoch(self) -> None:
        self.ends.append(time.perf_counter())
        self.logged.append(self.tracking)

    def timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, its seconds counted as tracking."""

        def counted(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*arguments, **named)
            finally:
                self.tracking += time.perf_counter() - began

        return counted


class Recorder:
    """Passes on what a fit tells, on a clock."""

    def __init__(self, recorder: Any, clock: Clock):
        self.recorder, self.clock = recorder, clock

    def __getattr__(self, name: str) -> Any:
        return self.clock.timed(getattr(self.recorder, name))

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        self.clock.timed(self.recorder.metrics)(values, step)
        self.clock.epoch()


class Epochs(keras.callbacks.Callback):
    """Tells a clock of each epoch; the last of the callbacks."""

    def __init__(self, clock: Clock):
        super().__init__()
        self.clock = clock

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.clock.epoch()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, help="a table; by default seattle-weather")
    parser.add_argument("--time", default="date")
    parser.add_argument("--target", default="y")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if arguments.csv:
        panel = read_panel(arguments.csv, time=arguments.time, target=arguments.target)
    else:
        panel = TimeSeriesPanel.of(load_dataset("seattle-weather"))
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(panel, arguments.epochs, arguments.rounds, Path(folder))
    print("| fit | epoch, ms | tracking, ms | share | slower | start and end, ms | afterwards, s |")
    print("|---" * 7 + "|")
    for r in rows:
        share = f"{100 * r['share']:.2f} %" if r["fit"] in PAIRS else ""
        slower = f"{r['slower']:.3f}" if r["fit"] in PAIRS else ""
        print(
            f"| {r['fit']} | {r['epoch_ms']:.1f} | {r['tracking_ms']:.2f} | {share} | {slower} | "
            f"{r['ends_ms']:.0f} | {r['after_s']:.2f} |"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1))


def measure(panel: TimeSeriesPanel, epochs: int, rounds: int, folder: Path) -> list[dict]:
    """Medians over the rounds."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    Store(uri)  # tables are made once, not by a fit
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("autolog")
    fits: dict[str, Callable[[], Clock]] = {
        "rnnzoo": lambda: ours(panel, epochs, None),
        "rnnzoo, tracked": lambda: ours(panel, epochs, uri),
        "keras": lambda: plain(panel, epochs, tracked=False),
        "keras, autolog": lambda: plain(panel, epochs, tracked=True),
    }
    clocks: dict[str, list[Clock]] = {name: [] for name in fits}
    for number in range(rounds + 1):
        for name, fit in fits.items():
            clock = fit()
            if number:
                clocks[name].append(clock)
    found = {name: summary(name, of_fit) for name, of_fit in clocks.items()}
    for name, without in PAIRS.items():
        ratios = [
            epoch_ms(a) / epoch_ms(b) for a, b in zip(clocks[name], clocks[without], strict=True)
        ]
        found[name]["slower"] = statistics.median(ratios)
    return list(found.values())


def summary(name: str, clocks: list[Clock]) -> dict:
    def middle(of: Callable[[Clock], float]) -> float:
        return statistics.median(map(of, clocks))

    def told_ms(clock: Clock) -> float:
        return 1e3 * (clock.logged[-1] - clock.logged[0]) / (len(clock.logged) - 1)

    return {
        "fit": name,
        "epoch_ms": middle(epoch_ms),
        "tracking_ms": middle(told_ms),
        "share": middle(lambda clock: told_ms(clock) / epoch_ms(clock)),
        "shares": [told_ms(clock) / epoch_ms(clock) for clock in clocks],
        "ends_ms": middle(
            lambda clock: 1e3 * (clock.tracking - (clock.logged[-1] - clock.logged[0]))
        ),
        "after_s": middle(lambda clock: clock.after),
        "epochs": len(clocks[0].ends),
        "rounds": len(clocks),
    }


def epoch_ms(clock: Clock) -> float:
    """Of an epoch after the first."""
    return 1e3 * (clock.ends[-1] - clock.ends[0]) / (len(clock.ends) - 1)


def ours(panel: TimeSeriesPanel, epochs: int, uri: str | None) -> Clock:
    """A forecaster; with a `uri` its run is kept and brought there."""
    clock = Clock()
    forecaster = Forecaster(
        "gru", horizon=HORIZON, lookback=LOOKBACK, units=UNITS, epochs=epochs, patience=epochs
    )
    if uri is None:
        forecaster.fit(panel, recorder=Recorder(NullRecorder(), clock))
        return clock
    tracker = Tracker(uri)
    journal = Journal("forecast/x", "gru-0", {}, (tracker.listener(),), tracker.root)
    clock.timed(journal.__enter__)()
    forecaster.fit(panel, recorder=Recorder(journal, clock))
    clock.timed(journal.__exit__)(None, None, None)
    began = time.perf_counter()
    tracker.close()
    clock.after = time.perf_counter() - began
    if tracker.pending:
        raise SystemExit(tracker.outcome)
    return clock


def plain(panel: TimeSeriesPanel, epochs: int, tracked: bool) -> Clock:
    """Windows of the same rows, a GRU and a dense layer, in Keras's own loop."""
    x, y = windows(panel)
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), keras.layers.GRU(UNITS), keras.layers.Dense(HORIZON)]
    )
    model.compile("adam", "mae")
    clock = Clock()
    how = dict(batch_size=BATCH, epochs=epochs, validation_split=0.2, verbose=0)
    if not tracked:
        model.fit(x, y, callbacks=[Epochs(clock)], **how)
        return clock
    with callback_timed(clock):
        mlflow.keras.autolog(log_models=False, log_datasets=False, silent=True)
        try:
            with mlflow.start_run():
                model.fit(x, y, callbacks=[Epochs(clock)], **how)
        finally:
            mlflow.keras.autolog(disable=True, silent=True)
    return clock


@contextmanager
def callback_timed(clock: Clock):
    """MLflow's callback, on a clock."""
    from mlflow.keras.callback import MlflowCallback

    names = ("on_train_begin", "on_epoch_end", "on_batch_end", "on_test_end")
    kept = {name: getattr(MlflowCallback, name) for name in names}
    for name, method in kept.items():
        setattr(MlflowCallback, name, clock.timed(method))
    try:
        yield
    finally:
        for name, method in kept.items():
            setattr(MlflowCallback, name, method)


def windows(panel: TimeSeriesPanel) -> tuple[np.ndarray, np.ndarray]:
    xs, ys = [], []
    for series in panel:
        values = series.values(("y",))[:, 0]
        values = ((values - values.mean()) / values.std()).astype("float32")
        cut = np.lib.stride_tricks.sliding_window_view(values, LOOKBACK + HORIZON)
        xs.append(cut[:, :LOOKBACK, None])
        ys.append(cut[:, LOOKBACK:])
    return np.concatenate(xs), np.concatenate(ys)


if __name__ == "__main__":
    main()
