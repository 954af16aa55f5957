"""Writes models of one number into a folder: `python writer.py FOLDER NUMBER TIMES`."""

import sys
from pathlib import Path

import numpy as np
from rnnzoo.pipelines.storage.folders import write_folder


def write(folder: Path, number: int, times: int) -> None:
    for _ in range(times):
        arrays = {"weights": [np.full(9, number)], "state": [np.full(2000, number)]}
        write_folder(folder, "toy", {"number": number}, arrays)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
