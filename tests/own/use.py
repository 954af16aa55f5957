"""Uses own cells in a process of its own: `python use.py fit|load|strange FOLDER`."""

import sys
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import rnnzoo

TIMES = pd.date_range("2024-01-01", periods=120, name="ds")
TABLE = pd.DataFrame({"y": 10 + np.sin(np.arange(120) / 3)}, index=TIMES)
CLIPS = np.random.default_rng(0).random((6, 8, 8, 8)).astype("float32")
STRATEGIES = ("stateful", "closed_loop", "segment")


def fit(folder):
    import own_cells

    tiny = {"horizon": 3, "lookback": 8, "units": 4, "epochs": 2}
    for name in STRATEGIES:
        one = rnnzoo.Forecaster(own_cells.Leaky, strategy=name, **tiny).fit(TABLE[:-30])
        one.backtest(TABLE, baselines=["naive-last"])
        one.save(folder / name)
        show(name, one.predict()["yhat"])
    made = rnnzoo.Forecaster(lambda units: own_cells.Leaky(units), **tiny).fit(TABLE)
    made.save(folder / "function")
    show("function", made.predict()["yhat"])
    given = rnnzoo.Forecaster(keras.layers.LSTMCell(4), **tiny | {"units": None}).fit(TABLE)
    given.save(folder / "keras")
    show("keras", given.predict()["yhat"])
    small = {"context": 4, "horizon": 2, "layers": 1, "patch": 2, "epochs": 1}
    frames = rnnzoo.NextFrame(own_cells.LeakyImages, filters=2, **small).fit(CLIPS)
    frames.evaluate(CLIPS)
    frames.save(folder / "frames")
    show("frames", frames.predict(CLIPS[:2, :4]))


def load(folder):
    import own_cells  # noqa: F401

    for name in (*STRATEGIES, "function", "keras"):
        show(name, rnnzoo.Forecaster.load(folder / name).predict()["yhat"])
    show("frames", rnnzoo.NextFrame.load(folder / "frames").predict(CLIPS[:2, :4]))


def strange(folder):
    for name in (*STRATEGIES, "function"):
        try:
            rnnzoo.Forecaster.load(folder / name)
        except rnnzoo.ModelFileError as error:
            print(error)
    try:
        rnnzoo.NextFrame.load(folder / "frames")
    except rnnzoo.ModelFileError as error:
        print(error)
    print("own_cells" in sys.modules)


def show(name, numbers):
    print(name, *[float(number).hex() for number in np.ravel(numbers)])


if __name__ == "__main__":
    {"fit": fit, "load": load, "strange": strange}[sys.argv[1]](Path(sys.argv[2]))
