"""One's own cell, as Keras's guide teaches: a subclass that extends `get_config`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import LSTM, RecurrentCell

X = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")


@keras.saving.register_keras_serializable("test_subclass")
class Scaled(LSTM):
    """An argument more, of a plain value."""

    def __init__(self, units, scale=1.0, **kwargs):
        super().__init__(units, **kwargs)
        self.scale = scale

    def project(self, inputs):
        return super().project(inputs * self.scale)

    def get_config(self):
        return super().get_config() | {"scale": self.scale}


@keras.saving.register_keras_serializable("test_subclass")
class Embedded(LSTM):
    """An argument more that is no plain value: a layer before the cell."""

    def __init__(self, units, before, **kwargs):
        super().__init__(units, **kwargs)
        self.before = before

    def build(self, input_shape):
        if not self.before.built:
            self.before.build(input_shape)
        super().build((*input_shape[:-1], self.before.units))

    def project(self, inputs):
        return super().project(self.before(inputs))

    def get_config(self):
        return super().get_config() | {"before": keras.saving.serialize_keras_object(self.before)}

    @classmethod
    def from_config(cls, config):
        before = keras.saving.deserialize_keras_object(config["before"])
        return cls(**config | {"before": before})


@keras.saving.register_keras_serializable("test_subclass")
class Leaky(RecurrentCell):
    """A cell from scratch that says nothing of its config."""

    def __init__(self, units, leak=0.9, **kwargs):
        super().__init__(**kwargs)
        self.units, self.leak = units, leak
        self.state_size, self.output_size = [units], units

    def build(self, input_shape):
        self.W = self.add_weight(shape=(input_shape[-1], self.units), name="W")
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", name="b")

    def project(self, inputs):
        return ops.matmul(inputs, self.W) + self.b

    def step(self, drive, states):
        h = self.leak * states[0] + drive
        return h, [h]


MAKE = {
    "scaled": lambda: Scaled(4, scale=3.0, peepholes=True, kernel_regularizer="l2"),
    "embedded": lambda: Embedded(4, keras.layers.Dense(2), chrono=9, dropout=0.5),
    "leaky": lambda: Leaky(4, leak=0.5, bias_initializer=keras.initializers.Constant(0.25)),
}


@pytest.mark.parametrize("name", MAKE)
def test_it_is_saved_and_loaded(name, tmp_path):
    model = saved(name, tmp_path)
    again = keras.saving.load_model(tmp_path / f"{name}.keras")
    np.testing.assert_array_equal(again.predict_on_batch(X), model.predict_on_batch(X))
    first, second = (json.dumps(each.layers[-1].cell.get_config()) for each in (model, again))
    assert first == second


@pytest.mark.slow
def test_it_is_loaded_in_another_process(tmp_path):
    outputs = {name: saved(name, tmp_path).predict_on_batch(X) for name in MAKE}
    backend = {"KERAS_BACKEND": keras.config.backend()}
    subprocess.run([sys.executable, __file__, tmp_path], env=os.environ | backend, check=True)
    for name, expected in outputs.items():
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.npy"), expected)


def saved(name, folder):
    model = keras.Sequential([keras.Input((5, 3)), Recurrent(MAKE[name]())])
    model.save(folder / f"{name}.keras")
    return model


if __name__ == "__main__":
    for name in MAKE:
        model = keras.saving.load_model(Path(sys.argv[1]) / f"{name}.keras")
        np.save(Path(sys.argv[1]) / f"{name}.npy", model.predict_on_batch(X))
