"""Keras's objects as plain values: what comes back is the same, and nothing is imported for it."""

import json
import subprocess
import sys
import types

import keras
import pytest
from keras.optimizers import schedules
from rnnzoo import ArgumentError
from rnnzoo.pipelines.training.fingerprint import fingerprint, identifying_settings
from rnnzoo.pipelines.training.keras_config import from_config, in_words, restore_problem, to_config
from rnnzoo.pipelines.training.keras_settings import settings_from_config, settings_to_config
from rnnzoo.zoo.losses import Decorrelation

INNER = keras.optimizers.RMSprop(0.01)
DECAY = schedules.ExponentialDecay(0.5, 10, 0.9)


class Steady(keras.optimizers.SGD):
    """One of a user's own, not registered."""


@keras.saving.register_keras_serializable("tests")
class Power(keras.losses.Loss):
    def __init__(self, power=1.5, **kwargs):
        super().__init__(**kwargs)
        self.power = power

    def call(self, truth, forecast):
        return keras.ops.abs(truth - forecast) ** self.power

    def get_config(self):
        return super().get_config() | {"power": self.power}


@keras.saving.register_keras_serializable("tests")
def cubic(truth, forecast):
    return keras.ops.abs(truth - forecast) ** 3


def bare(truth, forecast):
    return keras.ops.abs(truth - forecast)


OBJECTS = {
    "SGD(learning_rate=0.1, momentum=0.9)": keras.optimizers.SGD(0.1, momentum=0.9),
    "Adam(learning_rate=ExponentialDecay(initial_learning_rate=0.5, decay_steps=10, "
    "decay_rate=0.9, staircase=False), use_ema=True)": keras.optimizers.Adam(DECAY, use_ema=True),
    "LossScaleOptimizer(inner_optimizer=RMSprop(learning_rate=0.01), initial_scale=32768, "
    "dynamic_growth_steps=2000)": keras.optimizers.LossScaleOptimizer(INNER),
    "Steady(learning_rate=0.2)": Steady(0.2),
    "Huber(delta=2)": keras.losses.Huber(2.0),  # Keras's own config has no delta
    "Power(power=2)": Power(2.0),
    "Decorrelation()": Decorrelation(),
    "huber": keras.losses.huber,
}  # fmt: skip


@pytest.mark.parametrize("words", OBJECTS)
def test_what_comes_back_from_json_is_the_same(words):
    one = OBJECTS[words]
    config = json.loads(json.dumps(to_config(one)))
    again = from_config("one", config)
    assert to_config(again) == to_config(one)
    assert in_words(one) == in_words(config) == words
    assert again is one if isinstance(one, types.FunctionType) else type(again) is type(one)
    assert restore_problem("one", one) == ""


def test_names_that_count_objects_are_no_part_of_it():
    assert to_config(keras.optimizers.Adam(0.1)) == to_config(keras.optimizers.Adam(0.1))
    assert to_config(Power()) == to_config(Power())


def test_what_keras_writes_is_read():
    config = keras.saving.serialize_keras_object(keras.optimizers.SGD(DECAY))
    assert to_config(from_config("optimizer", config)) == to_config(keras.optimizers.SGD(DECAY))


EVIL = {"class_name": "Adam", "module": "antigravity", "config": {}}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"class_name": "SDG"}, "the class 'SDG', which is neither.*Did you mean SGD"),
        ({"class_name": "SGD", "config": {"rate": 1}}, "cannot be made from its config: Argument"),
        ({"class_name": "SGD", "weights": 3}, "has the keys class_name and config"),
        ({"config": {}}, "has the keys class_name and config"),
        ({"class_name": "SGD", "config": 3}, "has the keys class_name and config"),
        ({"class_name": "SGD", "module": 3}, "has the keys class_name and config"),
        ({"class_name": "function"}, "has the keys class_name and config"),
        (EVIL, "the module 'antigravity'.* nothing is imported.*Import 'antigravity' first"),
        ({"class_name": "Popen", "module": "subprocess"}, "Register it with"),
        ({"class_name": "Path", "module": "pathlib"}, "Register it with"),
        ({"class_name": "function", "config": "system", "module": "os"}, "Register it with"),
        ({"class_name": "function", "config": "bare", "module": __name__}, "Register it with"),
        ({"class_name": "function", "config": "deserialize"}, "neither one of Keras's"),
        ({"class_name": "Lambda", "module": "keras.layers", "config": {}}, "neither one of Keras"),
        *[({"class_name": "Adam", "config": {"learning_rate": one}}, message) for one, message in (
            ({"class_name": "__lambda__", "config": {"value": "x"}}, "'__lambda__'"),
            ({"class_name": "Lambda", "module": "keras.layers", "config": {}}, "'Lambda'"),
            ({"class_name": "Popen", "module": "keras.src.utils.x", "config": {}}, "'Popen'"),
            (EVIL, "'antigravity'"),
        )],
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_made(config, message):
    with pytest.raises(ArgumentError, match=message):
        from_config("optimizer", config)
    assert "antigravity" not in sys.modules


def test_modules_are_not_asked_for_what_they_would_import(monkeypatch):
    asked = types.ModuleType("lazy")
    monkeypatch.setattr(asked, "__getattr__", lambda name: pytest.fail("asked"), raising=False)
    monkeypatch.setitem(sys.modules, "lazy", asked)
    with pytest.raises(ArgumentError, match="'lazy'"):
        from_config("loss", {"class_name": "Mine", "module": "lazy", "config": {}})


def test_a_function_that_was_registered_later_is_found():
    def late(truth, forecast):
        return truth - forecast

    saved = to_config(late)
    with pytest.raises(ArgumentError, match="Register it with"):
        from_config("loss", saved)
    keras.saving.register_keras_serializable("tests")(late)
    assert from_config("loss", saved) is late


def test_settings_are_stored_with_their_objects_marked():
    settings = {
        "cell": "gru",
        "units": 3,
        "optimizer": OBJECTS["Steady(learning_rate=0.2)"],
        "loss": "huber",
    }
    stored = json.loads(json.dumps(settings_to_config(settings, 3)))
    assert stored["units"] == 3 and stored["loss"] == "huber"
    again = settings_from_config(stored)
    assert type(again["optimizer"]) is Steady and float(again["optimizer"].learning_rate) > 0.19
    sgd = {"class_name": "SGD", "config": {}}
    plain = {"cell": "gru", "optimizer": sgd, "loss": None}
    assert settings_from_config(settings_to_config(plain, 3)) == plain  # a config stays one


@pytest.mark.parametrize("loss", [bare, lambda truth, forecast: truth - forecast])
def test_saving_warns_of_what_could_not_be_loaded(loss):
    with pytest.warns(UserWarning, match="cannot be loaded.*the function.*Register it with"):
        settings_to_config({"cell": "gru", "optimizer": None, "loss": loss}, 3)


def pinball(share):
    def loss(truth, forecast):
        error = truth - forecast
        return keras.ops.maximum(share * error, (share - 1) * error)

    return loss


def test_other_code_under_one_name_is_another_fit():
    assert fingerprint(pinball(0.1)) == fingerprint(pinball(0.1))
    assert fingerprint(pinball(0.1)) != fingerprint(pinball(0.9))
    assert fingerprint(keras.losses.huber) is fingerprint(keras.losses.Huber()) is None
    assert fingerprint(Decorrelation()) is None
    assert fingerprint(Power(1.0)) == fingerprint(Power(2.0)) is not None
    told = identifying_settings({"cell": "gru", "optimizer": "sgd", "loss": pinball(0.1)}, 3)
    assert told["loss"]["code"] == fingerprint(pinball(0.1)) and told["optimizer"] == "sgd"


CODE = """
from rnnzoo.pipelines.training.fingerprint import fingerprint
def loss(truth, forecast, share=0.5):
    "Has a docstring, constants, a function inside."
    if share in {"b", "a", 1.5, None}:
        return [x for x in (1, "two", b"three")]
    return (lambda: {"x": truth})()
print(fingerprint(loss))
"""


@pytest.mark.slow
def test_a_fingerprint_is_the_same_in_every_process():
    found = {
        subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True).stdout
        for _ in range(2)
    }
    assert len(found) == 1 and found.pop().strip()
