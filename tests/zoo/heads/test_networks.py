"""Networks that end in a head."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError
from rnnzoo.zoo.backend.compiled import compiled
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import GRU, NARX
from rnnzoo.zoo.heads import HEADS
from rnnzoo.zoo.heads.layers import HeadLoss
from rnnzoo.zoo.models import closed_loop, segment, stateful_network

STUDENT, COUNT = HEADS["student_t"](), HEADS["negative_binomial"]()
RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype("float32")


def loop():
    open_, closed = (NARX(3, 2, feedback=feedback) for feedback in ("truth", "prediction"))
    return closed_loop(open_, closed, futures=1, head=STUDENT)


def of_loop():
    network = loop().network
    return network, [normal(2, 7, 3), *[normal(2, n.shape[-1]) for n in network.inputs[1:]]]


def of_stateful():
    network = stateful_network([GRU(3)], 2, horizon=4, futures=1, head=STUDENT).network
    return network, [normal(2, 7, 2), normal(2, 7, 4, 1), normal(2, 3)]


def of_segments():
    return segment([GRU(4)], 6, 2, 5, head=STUDENT), [normal(3, 6)]


@pytest.mark.parametrize(
    "made, shape",
    [(of_stateful, (2, 7, 4, 3)), (of_segments, (3, 5, 3)), (of_loop, (2, 7, 2, 3))],
    ids=["stateful", "segments", "closed loop"],
)
def test_every_weight_learns(made, shape):
    network, inputs = made()
    truth, loss = normal(*shape[:-1]), HeadLoss("student_t")

    def total():
        outputs = network(inputs)
        return loss(truth, outputs[0] if isinstance(outputs, (list, tuple)) else outputs)

    outputs = network(inputs)
    assert (outputs[0] if isinstance(outputs, (list, tuple)) else outputs).shape == shape
    weights = network.trainable_variables
    for weight, slope in zip(weights, gradient(total, weights), strict=True):
        assert np.abs(slope).max() > 0, weight.path


def test_the_distribution_of_a_step_does_not_know_its_truth():
    network, inputs = of_loop()
    before = ops.convert_to_numpy(network(inputs)[0])
    inputs[0][:, 4, 1:] += 1  # the truth of the fifth step
    after = ops.convert_to_numpy(network(inputs)[0])
    np.testing.assert_array_equal(before[:, :5], after[:, :5])
    assert (before[:, 5] != after[:, 5]).all()


def test_a_closed_loop_step_by_step_is_that_of_all_steps():
    built = loop()
    x = normal(2, 6, 3)
    states = [0 * normal(2, n.shape[-1]) for n in built.network.inputs[1:]]
    network, reader = compiled(built.network), compiled(built.reader)
    whole, *last = network([x, *states])
    every, *passed = reader([x, *states])
    parts = []
    for k in range(6):
        part, *states = network([x[:, k : k + 1], *states])
        parts.append(part)
    np.testing.assert_allclose(np.concatenate(parts, 1), whole, atol=1e-5)
    np.testing.assert_allclose(every, whole, atol=1e-5)
    for state, end in zip(passed, last, strict=True):
        np.testing.assert_allclose(state[:, -1], end, atol=1e-5)


def test_its_size_scales_the_values_of_a_lead():
    built = stateful_network([GRU(3)], 2, horizon=2, head=STUDENT)
    output = normal(1, 1, 3)
    one = ops.convert_to_numpy(built.head([output]))
    built.size.assign(np.array([1.0, 10.0], "float32"))
    ten = ops.convert_to_numpy(built.head([output]))
    np.testing.assert_allclose(ten[0, 0, 0], one[0, 0, 0])
    np.testing.assert_allclose(ten[0, 0, 1], one[0, 0, 1] * [10, 10, 1], rtol=1e-6)


def test_a_count_has_no_level_to_subtract():
    with pytest.raises(
        ArgumentError, match="window_normalization='last', head='negative_binomial'"
    ):
        segment([GRU(4)], 6, 2, 4, head=COUNT)
    network = segment([GRU(4)], 6, 2, 4, head=COUNT, window_normalization=None)
    assert network.output_shape == (None, 4, 2)


def test_a_network_with_a_head_is_saved_as_any_other(tmp_path):
    network, inputs = of_stateful()
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    found = [ops.convert_to_numpy(one(inputs)[0]) for one in (network, loaded)]
    np.testing.assert_allclose(*found, atol=1e-6)
