import numpy as np
import pytest
from rnnzoo import Clips, NextFrame
from rnnzoo.datasets.sources.moving import sampler

TINY = {"context": 3, "horizon": 4, "filters": 2, "layers": 1, "patch": 2, "epochs": 2}
TINY |= {"clips_per_epoch": 8, "batch_size": 4, "seed": 3}


@pytest.fixture(scope="session")
def clips():
    """A small square that bounces on 8 × 8 pixels."""
    make = sampler(np.full((1, 2, 2), 255, "uint8"), frames=7, canvas=8)
    return Clips("squares", make, make(6, 100), make(40, 101))


@pytest.fixture(scope="session")
def tiny(clips):
    """A small fitted network; tests leave it as it is."""
    return NextFrame(**TINY).fit(clips)


@pytest.fixture(scope="session")
def settings():
    return TINY
