"""The kernels give what the loop gives: outputs, states, and the gradients by everything."""

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import ops
from rnnzoo.zoo.engines import ENGINES, NEEDS

SHAPES = st.tuples(st.integers(1, 19), st.integers(1, 7), st.integers(1, 9), st.integers(1, 20))


def built(cell, features, rng):
    """With weights so small that rounding does not grow from step to step."""
    cell.build((None, features))
    cell.built = True
    for weight in cell.weights:
        weight.assign(rng.normal(size=weight.shape) / np.sqrt(2 * weight.shape[0]))
    return cell


def inputs(cell, shape, rng):
    batch, steps, features, _ = shape
    x = rng.normal(size=(batch, steps, features))
    states = [rng.normal(size=(batch, n)) for n in cell.state_size]
    if type(cell).__name__ == "SLSTM":  # n is a sum of positive terms, or zero
        states[2] = np.where(states[2] > 0.5, states[2], 0)
    return [x.astype("float32"), *(s.astype("float32") for s in states)]


def run(engine, cell, arrays, mask, need, upstream=None):
    """Results, the upstream gradients that were used, and the gradients by arrays and weights."""
    import tensorflow as tf

    x, *states = map(tf.constant, arrays)
    weights = [weight.value for weight in cell.weights]
    with tf.GradientTape() as tape:
        tape.watch([x, *states, *weights])
        result = ENGINES[engine].run(cell, x, states, mask, need)
        found = [*result.last]
        found += [] if result.outputs is None else [result.outputs]
        found += result.states or []
        if upstream is None:
            rng = np.random.default_rng(3)
            upstream = [rng.normal(size=each.shape).astype(each.dtype.name) for each in found]
        loss = tf.add_n([tf.reduce_sum(a * d) for a, d in zip(found, upstream, strict=True)])
    gradients = tape.gradient(loss, [x, *states, *weights], unconnected_gradients="zero")
    return [each.numpy() for each in found], upstream, [each.numpy() for each in gradients]


def assert_alike(found, expected, tolerance):
    for one, other in zip(found, expected, strict=True):
        scale = max(1e-2, float(np.abs(other).max(initial=0)))
        np.testing.assert_allclose(one, other, rtol=0, atol=tolerance * scale)


@settings(
    max_examples=15, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    shape=SHAPES, masked=st.booleans(), dropped=st.booleans(), need=st.sampled_from(NEEDS),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_as_the_loop(form, shape, masked, dropped, need, seed):
    rng = np.random.default_rng(seed)
    cell = built(form(shape[3]), shape[2], rng)
    arrays = inputs(cell, shape, rng)
    mask = None
    if masked:
        mask = rng.random(shape[:2]) > 0.4
        mask[0] = False  # a sequence without any step
        mask = ops.convert_to_tensor(mask)
    if dropped:
        factors = (rng.random((shape[0], cell.state_size[0])) > 0.3) / 0.7
        cell._recurrent_dropout_mask = ops.cast(factors, "float32")
        cell.set_dropping(True)
    expected, upstream, gradients = run("scan", cell, arrays, mask, need)
    found, _, ours = run("native", cell, arrays, mask, need, upstream)
    assert_alike(found, expected, 1e-5)
    assert_alike(ours, gradients, 1e-4)


def test_finite_differences(form):
    """Of the loop in float64, in a random direction of each array and weight."""
    rng = np.random.default_rng(7)
    shape = (5, 6, 3, 11)
    cell = built(form(shape[3]), shape[2], rng)
    arrays = inputs(cell, shape, rng)
    if hasattr(cell, "truncate"):  # what truncation leaves is not the gradient of the output
        cell.truncate = False
    _, upstream, gradients = run("native", cell, arrays, None, "outputs")
    config = cell.get_config() | {"dtype": "float64"}
    fine = type(cell).from_config(config)
    fine.build((None, shape[2]))
    values = [np.float64(a) for a in [*arrays, *(w.numpy() for w in cell.weights)]]

    def loss(given):
        import tensorflow as tf

        for weight, value in zip(fine.weights, given[len(arrays) :], strict=True):
            weight.assign(value)
        x, *states = map(tf.constant, given[: len(arrays)])
        result = ENGINES["scan"].run(fine, x, states, None, "outputs")
        return sum(
            float(np.sum(a * d))
            for a, d in zip([*result.last, result.outputs], upstream, strict=True)
        )

    for k, gradient in enumerate(gradients):
        direction = rng.normal(size=gradient.shape)
        step = 1e-6 * direction / np.linalg.norm(direction)
        if type(cell).__name__ == "SLSTM" and k == 3:  # an empty memory stays one
            step = step * (values[k] > 0)
        up, down = (
            loss([*values[:k], values[k] + sign * step, *values[k + 1 :]]) for sign in (1, -1)
        )
        expected = (up - down) / 2e-6
        ours = float(np.sum(gradient * step)) / 1e-6
        scale = max(float(np.linalg.norm(gradient)), 1e-2)
        assert abs(ours - expected) < 1e-4 * scale, (k, ours, expected)
