"""Where a network may contain the kernels, and what it does where it may not."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, BackendError, Recurrent, stack
from rnnzoo.zoo.backend import foreign
from rnnzoo.zoo.backend.compiled import compiled
from rnnzoo.zoo.cells import GRU, LSTM, NARX, Elman
from rnnzoo.zoo.engines import ENGINES
from rnnzoo.zoo.engines.native import engine as engines

X = np.random.default_rng(0).normal(size=(16, 9, 3)).astype("float32")
Y = X[:, 0, :1]


def network(engine="native", steps=None, **options):
    """Two loops and what lies between, with weights that are always the same."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((steps, 3))
    loops = [LSTM(8, peepholes=True), keras.layers.Dense(5), GRU(6, recurrent_dropout=0.2, seed=1)]
    deep = stack(loops, engine=engine, name="deep", **options)
    return keras.Model(inputs, keras.layers.Dense(1)(deep(inputs)))


def used(model):
    return [loop.engine_used for loop in model.get_layer("deep").loops]


def fitted(engine, jit="auto", together=1):
    model = network(engine)
    model.compile(keras.optimizers.Adam(0.01), "mse", jit_compile=jit, steps_per_execution=together)
    losses = model.fit(X, Y, batch_size=4, epochs=3, shuffle=False, verbose=0).history["loss"]
    return model, losses


def test_a_fit_runs_the_kernels_and_learns_what_the_loop_learns():
    (ours, losses), (_, expected) = fitted("native"), fitted("scan")
    assert used(ours) == ["native", "native"]
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    _, again = fitted("native")
    assert again == losses
    assert not ours.jit_compile


def test_several_steps_in_one_call():
    (ours, losses), (_, expected) = fitted("native", together=2), fitted("scan")
    assert used(ours) == ["native", "native"]
    np.testing.assert_allclose(losses, expected, rtol=1e-4)


def test_where_xla_compiles_the_loop_runs():
    import tensorflow as tf

    with pytest.warns(UserWarning, match="doesn't support `jit_compile=True`"):
        ours, _ = fitted("native", jit=True)
    assert used(ours) == ["native", "native"]

    def rnnzoo_on_arrays(x):
        return ours(x)

    found = tf.function(rnnzoo_on_arrays, jit_compile=True)(X)
    assert used(ours) == ["scan", "scan"]
    np.testing.assert_allclose(found, ours.predict(X, verbose=0), atol=1e-5)
    assert used(ours) == ["native", "native"]


def test_prediction_runs_the_kernels(monkeypatch):
    model = network()
    kept = []
    forward = engines.Kernel.forward

    def spied(self, arrays, mask, drop, keep):
        kept.append(keep)
        return forward(self, arrays, mask, drop, keep)

    monkeypatch.setattr(engines.Kernel, "forward", spied)
    expected = network("scan").predict(X, verbose=0)
    np.testing.assert_allclose(model.predict(X, verbose=0), expected, atol=1e-5)
    assert used(model) == ["native", "native"]
    of_lists = keras.Model(model.inputs, model.output)
    np.testing.assert_allclose(compiled(of_lists)([X])[0], expected, atol=1e-5)
    assert used(model) == ["native", "native"]
    assert kept == [False] * 4


def test_what_is_exported_and_saved_contains_the_loop(tmp_path):
    import tensorflow as tf

    model = network()
    expected = model.predict(X, verbose=0)
    model.export(tmp_path / "exported", verbose=False)
    assert used(model) == ["scan", "scan"]
    exported = tf.saved_model.load(tmp_path / "exported")
    operations = {
        node.op
        for function in exported.signatures["serving_default"].graph.as_graph_def().library.function
        for node in function.node_def
    }
    assert operations
    assert not [name for name in operations if "PyFunc" in name]
    np.testing.assert_allclose(exported.serve(X), expected, atol=1e-5)
    signature = [tf.TensorSpec((None, 9, 3), "float32")]
    tf.saved_model.save(model, tmp_path / "saved", tf.function(lambda x: model(x), signature))
    found = tf.saved_model.load(tmp_path / "saved").signatures["serving_default"](tf.constant(X))
    np.testing.assert_allclose(next(iter(found.values())), expected, atol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), expected)
    assert [loop.engine for loop in loaded.get_layer("deep").loops] == ["native", "native"]


def test_a_network_saved_with_kernels_runs_without_them(tmp_path, monkeypatch):
    model = network()
    expected = model.predict(X, verbose=0)
    model.save(tmp_path / "model.keras")
    monkeypatch.setattr(engines, "why_missing", lambda: "The compiled kernels are not there")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), expected, atol=1e-5)
    assert used(loaded) == ["scan", "scan"]
    with pytest.raises(ArgumentError, match='kernels are not there. Received: engine="native"'):
        network().predict(X, verbose=0)


def test_a_second_derivative_is_refused():
    import tensorflow as tf

    loop = Recurrent(GRU(4), engine="native")
    x = tf.constant(X)
    loop(x)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(loop(x))
        slope = tf.reduce_sum(tape.gradient(y, x) ** 2)
    with pytest.raises(BackendError, match='engine="scan"'):
        outer.gradient(slope, x)


def test_a_gradient_over_a_function_that_was_traced_without_one():
    import tensorflow as tf

    results = []
    for engine in ("native", "scan"):
        model = network(engine, steps=9)
        x = tf.constant(X)

        def rnnzoo_on_arrays(x, model=model):
            return model(x)

        call = tf.function(rnnzoo_on_arrays)
        call(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = tf.reduce_sum(call(x))
        results.append(tape.gradient(y, [x, *(w.value for w in model.trainable_weights)]))
        assert used(model) == [engine, engine]
    for ours, other in zip(*results, strict=True):
        np.testing.assert_allclose(ours, other, rtol=1e-4, atol=1e-5)


def test_a_graph_of_the_users_own_runs_the_loop():
    import tensorflow as tf

    loop = Recurrent(GRU(4), engine="native")
    loop(X)
    assert loop.engine_used == "native"
    tf.function(lambda x: loop(x))(X)
    assert loop.engine_used == "scan"
    assert not foreign.may_call(unasked=True)  # outside a graph: only on request
    assert foreign.may_call(unasked=False)


def test_states_that_are_carried_and_learned():
    for options in ({"stateful": True}, {"learn_initial_state": True}):
        outputs = []
        for engine in ("native", "scan"):
            keras.utils.set_random_seed(0)
            inputs = keras.Input((9, 3), batch_size=16)
            loop = Recurrent(LSTM(5), engine=engine, return_sequences=True, **options)
            model = keras.Model(inputs, keras.layers.Dense(1)(loop(inputs)))
            model.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False)
            target = np.ones((16, 9, 1), "float32")
            losses = [float(model.train_on_batch(X, target)) for _ in range(3)]
            outputs.append([*losses, *model.get_weights()])
        for ours, other in zip(*outputs, strict=True):
            np.testing.assert_allclose(ours, other, rtol=1e-4, atol=1e-5)


def test_masks_directions_and_zeroed_outputs():
    mask = np.random.default_rng(1).random(X.shape[:2]) > 0.3
    for options in ({"go_backwards": True}, {"zero_output_for_mask": True}):
        cell = GRU(5)
        loops = [
            Recurrent(cell, return_sequences=True, return_state=True, engine=engine, **options)
            for engine in ("native", "scan")
        ]
        blank = np.where(mask[..., None], X, np.nan)
        ours, expected = (loop(blank, mask=mask) for loop in loops)
        for one, other in zip(ours, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_it_says_what_it_cannot_run():
    native = ENGINES["native"]

    class Mine(GRU):
        pass

    @keras.saving.register_keras_serializable("native-tests")
    def wave(x):
        return ops.sin(x)

    assert native.supports(LSTM(4), None) is None
    assert "no compiled kernel for NARX" in native.supports(NARX(4), None)
    assert "no compiled kernel for Mine" in native.supports(Mine(4), None)
    assert "knows the activations" in native.supports(GRU(4, activation="gelu"), None)
    assert "knows the activations" in native.supports(Elman(4, activation=wave), None)
    assert "float32, not in float64" in native.supports(GRU(4, dtype="float64"), None)
    assert "not in mixed_bfloat16" in native.supports(GRU(4, dtype="mixed_bfloat16"), None)
    with pytest.raises(ArgumentError, match='Received: engine="native"; use "scan" or "auto"'):
        Recurrent(NARX(4), engine="native")(X)
