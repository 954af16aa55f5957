"""Scores of trivial forecasts on Moving MNIST, made by the published procedure."""

import numpy as np
import pytest
from rnnzoo.datasets.files import open_idx
from rnnzoo.datasets.sources.moving import moving
from rnnzoo.pipelines.next_frame.baselines import baselines, mean_image
from rnnzoo.pipelines.next_frame.metrics import mae, mse
from rnnzoo.pipelines.next_frame.patches import to_unit_interval

PUBLISHED = {  # MSE and MAE a frame, 10 frames after 10, digits of the train images
    "zeros": (172.8, 200.7),
    "mean-image": (152.1, 344.7),
    "repeat-last": (284.8, 336.9),
}
FEW = 50  # clips scored at once


def test_moving_mnist(data_folder):
    digits = open_idx(data_folder / "mnist", "train-images-idx3-ubyte")
    clips = moving(digits, clips=2000, frames=20, canvas=64, rng=np.random.default_rng(0))
    mean = mean_image(clips)
    errors = {name: [] for name in PUBLISHED}
    for first in range(0, len(clips), FEW):
        batch = clips[first : first + FEW]
        truth = to_unit_interval(batch[:, 10:])
        for name, forecast in baselines(batch[:, :10], 10, mean).items():
            errors[name].append([mse(truth, forecast).mean(), mae(truth, forecast).mean()])
    for name, published in PUBLISHED.items():
        assert np.mean(errors[name], axis=0) == pytest.approx(published, rel=0.02), name
