"""Several writers of one folder, some of them killed: it ends with a whole model of one of them."""

import contextlib
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rnnzoo import ModelFileError
from rnnzoo.pipelines.storage.folders import read_folder

from .writer import write

SCRIPT = Path(__file__).with_name("writer.py")


def number_in(folder):
    """The number of a model; fails if its parts are of several."""
    manifest, arrays = read_folder(folder, "toy")
    numbers = {manifest["number"], *np.concatenate([a for (a,) in arrays.values()]).tolist()}
    (number,) = numbers
    return number


def one_round(folder, rng):
    """Writers at once, of which some are killed; whether the folder holds a model afterwards."""
    count = rng.randint(2, 8)
    commands = [[sys.executable, SCRIPT, folder, str(k), "3"] for k in range(count)]
    writers = [subprocess.Popen(command) for command in commands]
    killed = [one for one in writers if rng.random() < 0.3][: count - 1]
    for writer in killed:
        with contextlib.suppress(subprocess.TimeoutExpired):
            writer.wait(rng.uniform(0.2, 1.5))
        writer.kill()
    codes = [writer.wait() for writer in writers]
    assert not any(
        code for code, writer in zip(codes, writers, strict=True) if writer not in killed
    )
    return number_in(folder) in range(count)


@pytest.mark.parametrize(
    "rounds", [pytest.param(1, marks=pytest.mark.slow), pytest.param(200, marks=pytest.mark.soak)]
)
def test_writers(tmp_path, rounds, record_property):
    whole = 0
    for seed in range(rounds):
        folder = tmp_path / str(seed)
        whole += one_round(folder, random.Random(seed))
        write(folder, 0, 1)  # the next writer removes what the killed ones left
        assert len([*folder.iterdir()]) == 4
    if rounds > 1:
        record_property("rounds of 2 to 8 writers, some killed; whole", f"{rounds}, {whole}")
    assert whole == rounds


def test_a_folder_without_a_model_says_so(tmp_path):
    with pytest.raises(ModelFileError, match="no rnnzoo model"):
        number_in(tmp_path)
