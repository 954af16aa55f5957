"""Every cell as part of a Keras model: shapes, configs, files, precision, training."""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo.zoo.cells import CELLS, LSTM, serving
from rnnzoo.zoo.layers import Recurrent


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("states", [False, True])
def test_traced_shapes_are_real_shapes(few, every, states):
    loop = few.loop(return_sequences=every, return_state=states)
    inputs = keras.Input(few.x.shape[1:])
    traced = keras.Model(inputs, loop(inputs)).output_shape
    real = loop(few.x)
    if not states:
        traced, real = [traced], [real]
    assert [shape[1:] for shape in traced] == [tuple(tensor.shape[1:]) for tensor in real]


def test_the_declared_sizes_are_real_sizes(case):
    outputs, last = case.run(case.x)
    cell, spatial = case.cell(), case.spatial
    assert outputs.shape[2:] == (*spatial, cell.output_size)
    assert [state.shape[1:] for state in last] == [(*spatial, n) for n in cell.state_size]


def test_a_cell_is_made_again_from_its_config(case):
    cell = case.cell()
    config = plain(keras.saving.serialize_keras_object(cell))
    again = keras.saving.deserialize_keras_object(config)
    assert plain(keras.saving.serialize_keras_object(again)) == config
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in cell.weights]


def test_a_loop_is_made_again_from_its_config(case):
    arguments = {
        "return_sequences": True,
        "return_state": True,
        "go_backwards": True,
        "stateful": True,
        "engine": "project_first",
    }
    config = plain(case.loop(**arguments).get_config())
    again = Recurrent.from_config(config)
    assert plain(again.get_config()) == config
    assert {name: getattr(again, name) for name in arguments} == arguments


def test_a_saved_model_holds_the_same_weights(case, tmp_path):
    model, again = saved_and_loaded(case, tmp_path)
    assert len(again.weights) == len(model.weights) > 0
    for weight, saved in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(numpy(weight), numpy(saved))


def test_a_saved_model_predicts_the_same(few, tmp_path):
    model, again = saved_and_loaded(few, tmp_path)
    np.testing.assert_array_equal(numpy(model(few.x)), numpy(again(few.x)))


@pytest.mark.slow
def test_a_saved_model_predicts_the_same_in_a_fresh_process(elsewhere):
    x, y = (np.load(elsewhere / name) for name in ("x.npy", "y.npy"))
    model = keras.saving.load_model(elsewhere / "model.keras")
    np.testing.assert_array_equal(y, model.predict(x, verbose=0))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_networks_in_another_process(elsewhere):
    assert (elsewhere / "fingerprint").read_text() == fingerprint()


def test_half_precision_is_kept_from_end_to_end(few):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        loop = few.loop(return_sequences=True, return_state=True)
        outputs = loop(few.x, mask=np.ones(few.x.shape[:2], bool))
    finally:
        keras.config.set_dtype_policy(before)
    y, *states = (keras.backend.standardize_dtype(t.dtype) for t in outputs)
    assert y == "float16"
    assert {*states} == {"float32" if loop.cell.float32_state else "float16"}
    assert {weight.dtype for weight in loop.weights} == {"float32"}
    rounded = numpy(ops.cast(outputs[0], "float32"))
    np.testing.assert_allclose(rounded, few.run(few.x)[0], atol=0.02)


def test_one_network_takes_sequences_of_any_length(few):
    inputs = keras.Input((None, *few.item))
    model = keras.Model(inputs, few.loop(return_sequences=True)(inputs))
    whole = few.run(few.x)[0]
    assert model.output_shape == (None, None, *whole.shape[2:])
    for length in (6, 2):
        outputs = model.predict_on_batch(few.x[:, :length])
        np.testing.assert_allclose(outputs, whole[:, :length], atol=1e-5)


def test_a_step_of_training_changes_every_weight_and_breaks_none(few):
    inputs = keras.Input((None, *few.item))
    model = keras.Model(inputs, few.loop()(inputs))
    model.compile("sgd", "mse")
    before = [numpy(weight) for weight in model.weights]
    wish = np.zeros_like(few.run(few.x)[0][:, -1])
    history = model.fit(few.x, wish, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    for weight, old in zip(model.weights, before, strict=True):
        assert np.isfinite(numpy(weight)).all(), weight.path
        assert not np.array_equal(numpy(weight), old), weight.path


def test_both_directions_are_read(few):
    loop = few.loop(return_sequences=True)
    both = keras.layers.Bidirectional(loop)
    both.build(few.x.shape)
    for layer in (both.forward_layer, both.backward_layer):
        layer.set_weights(loop.get_weights())
    forth, back = np.split(numpy(both(few.x)), 2, axis=-1)
    np.testing.assert_allclose(forth, few.run(few.x)[0], atol=1e-5)
    turned = few.run(few.x[:, ::-1])[0][:, ::-1]
    np.testing.assert_allclose(back, turned, atol=1e-5)


def saved_and_loaded(case, folder):
    inputs = keras.Input((None, *case.item))
    model = keras.Model(inputs, case.loop()(inputs))
    model.save(folder / "model.keras")
    return model, keras.saving.load_model(folder / "model.keras")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """A folder in which another process has left its `answer`."""
    folder = tmp_path_factory.mktemp("elsewhere")
    model = keras.Sequential([keras.Input((None, 3)), Recurrent(LSTM(4, peepholes=True))])
    model.save(folder / "model.keras")
    np.save(folder / "x.npy", np.random.default_rng(1).normal(size=(2, 6, 3)))
    backend = {"KERAS_BACKEND": keras.config.backend()}
    subprocess.run([sys.executable, __file__, folder], env=os.environ | backend, check=True)
    return folder


def answer(folder):
    model = keras.saving.load_model(folder / "model.keras", safe_mode=True)
    np.save(folder / "y.npy", model.predict(np.load(folder / "x.npy"), verbose=0))
    (folder / "fingerprint").write_text(fingerprint())


def fingerprint():
    """The sums of the weights and outputs of every new cell, to the last bit."""
    lines = []
    for name, cell in CELLS.items():
        keras.utils.set_random_seed(7)
        loop = Recurrent(cell(4))
        item = (4, 3, 2) if name in serving("next_frame") else (3,)
        y = loop(np.random.normal(size=(2, 5, *item)).astype("float32"))
        numbers = [numpy(y).sum(), *[numpy(weight).sum() for weight in loop.weights]]
        lines.append(" ".join([name, *[float(number).hex() for number in numbers]]))
    return "\n".join(lines)


def plain(config):
    """As it comes back from a file: lists, not tuples."""
    return json.loads(json.dumps(config))


def numpy(tensor):
    return ops.convert_to_numpy(tensor)


if __name__ == "__main__":
    answer(Path(sys.argv[1]))
