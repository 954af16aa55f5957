"""Forecasts of statsforecast's automatic models for `small.py`, in an environment of their own.

    python -m venv peers && peers/bin/pip install statsforecast==2.1.1
    peers/bin/python benchmarks/small_peers.py --csv small_series.csv.gz --json PEERS.json

It needs nothing of this project. AutoARIMA is left out on seasons of 52 rows and more, where it
takes minutes a series.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from small import origins_of
from statsforecast.models import AutoARIMA, AutoCES, AutoETS, AutoTheta

MODELS = {"AutoETS": AutoETS, "AutoTheta": AutoTheta, "AutoARIMA": AutoARIMA, "AutoCES": AutoCES}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--csv", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    a = parser.parse_args()
    found = {}
    for one in origins_of(a.csv):
        forecasts = {
            name: kind(season_length=one.season).fit(one.known).predict(one.horizon)["mean"]
            for name, kind in MODELS.items()
            if name != "AutoARIMA" or one.season < 52
        }
        three = [forecasts[n] for n in ("AutoETS", "AutoTheta", "AutoARIMA") if n in forecasts]
        forecasts["mean of the three"] = np.mean(three, axis=0)
        found[f"{one.series}/{one.number}"] = {n: f.tolist() for n, f in forecasts.items()}
        print(one.series, one.number, flush=True)
    a.json.write_text(json.dumps(found))


if __name__ == "__main__":
    main()
