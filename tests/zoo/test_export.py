"""Networks as a SavedModel of TensorFlow."""

import keras
import numpy as np
import pytest

FAST = ("narx-deep", "lru", "conv_lstm-valid")


@pytest.fixture
def tensorflow():
    if keras.config.backend() != "tensorflow":
        pytest.skip("a SavedModel is TensorFlow's")
    import tensorflow

    return tensorflow


def answers_the_same(case, tensorflow, folder):
    x = keras.Input((None, *case.item))
    model = keras.Model(x, case.loop()(x))
    model.export(folder, verbose=False)
    exported = tensorflow.saved_model.load(folder)
    np.testing.assert_allclose(exported.serve(case.x), model(case.x), atol=1e-5)


@pytest.mark.parametrize("name", FAST)
def test_an_exported_network_answers_the_same(name, cases, tensorflow, tmp_path):
    answers_the_same(cases[name], tensorflow, tmp_path / "exported")


@pytest.mark.slow
def test_every_exported_network_answers_the_same(case, tensorflow, tmp_path):
    answers_the_same(case, tensorflow, tmp_path / "exported")
