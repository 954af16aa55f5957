"""The same numbers, bit for bit: from call to call, alone and in a batch, in threads and forks."""

import os
import threading

import keras
import numpy as np
import pytest
from rnnzoo import Recurrent
from rnnzoo.zoo.cells import GRU, LSTM
from rnnzoo.zoo.engines.native import kernel as kernels
from rnnzoo.zoo.engines.native.engine import PLANS
from rnnzoo.zoo.engines.native.kernel import Kernel

RNG = np.random.default_rng(0)
BATCH, STEPS, FEATURES, UNITS = 45, 12, 3, 20


def kernel_of(cell, need="outputs", threads=1):
    """The kernel of a cell with random weights, and what it is called with."""
    cell.build((None, FEATURES))
    cell.built = True
    kernel = Kernel(PLANS[type(cell)](cell, FEATURES), need, threads)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(BATCH, STEPS, FEATURES)).astype("float32")
    states = [np.zeros((BATCH, n), "float32") for n in cell.state_size]
    weights = [rng.normal(size=w.shape).astype("float32") / 4 for w in kernel.plan.weights]
    return kernel, [x, *states, *weights]


def both(kernel, arrays):
    """The results of a forward pass, and the gradients."""
    token, results = kernel.forward(arrays, None, None, True)
    return results, kernel.backward(token, arrays, None, None, [np.ones_like(r) for r in results])


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def split(monkeypatch):
    """Small batches are shared by threads too."""
    monkeypatch.setattr(kernels, "WORK", 1)


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
def test_each_call_gives_the_same_bits(form, threads, split):
    kernel, arrays = kernel_of(form(UNITS), threads=threads)
    first, second = both(kernel, arrays), both(kernel, arrays)
    assert_same(first[0] + first[1], second[0] + second[1])


def test_threads_change_no_result(form, split):
    one, many = (both(*kernel_of(form(UNITS), threads=threads)) for threads in (1, 5))
    assert_same(many[0], one[0])
    for ours, other in zip(many[1], one[1], strict=True):  # sums over the batch, in another order
        np.testing.assert_allclose(ours, other, atol=1e-4 * np.abs(other).max())


def test_a_sequence_alone_gives_what_it_gives_in_a_batch(form):
    kernel, arrays = kernel_of(form(UNITS))
    _, whole = kernel.forward(arrays, None, None, False)
    states = len(kernel.plan.channels)
    for row in (0, 7, BATCH - 1):
        own = [a[row : row + 1] for a in arrays[: 1 + states]] + arrays[1 + states :]
        _, alone = kernel.forward(own, None, None, False)
        assert_same(alone, [each[row : row + 1] for each in whole])


def test_step_by_step_gives_what_the_whole_sequence_gives(form):
    kernel, arrays = kernel_of(form(UNITS))
    _, (every, *last) = kernel.forward(arrays, None, None, False)
    x, count = arrays[0], len(kernel.plan.channels)
    states, weights = arrays[1 : 1 + count], arrays[1 + count :]
    for t in range(STEPS):
        now = [x[:, t : t + 1], *states, *weights]
        _, (output, *states) = kernel.forward(now, None, None, False)
        np.testing.assert_array_equal(output[:, 0], every[:, t])
    assert_same(states, last)


def test_a_forward_pass_that_was_given_up_is_computed_again(form):
    kernel, arrays = kernel_of(form(UNITS))
    expected = both(kernel, arrays)
    token, results = kernel.forward(arrays, None, None, True)
    for _ in range(2 * kernels.WAITING):
        kernel.forward(arrays, None, None, True)
    assert len(kernel._waiting) == kernels.WAITING
    assert token not in kernel._waiting
    upstream = [np.ones_like(each) for each in results]
    assert_same(kernel.backward(token, arrays, None, None, upstream), expected[1])
    assert_same(kernel.backward(token, arrays, None, None, upstream), expected[1])  # once more


def test_buffers_are_used_again_and_prediction_keeps_none():
    kernel, arrays = kernel_of(LSTM(UNITS))
    kernel.forward(arrays, None, None, False)
    assert not kernel._waiting
    assert not kernel._free
    for _ in range(5):
        both(kernel, arrays)
    assert not kernel._waiting
    assert len(kernel._free) == 1


def test_threads_share_a_kernel(form, split):
    kernel, arrays = kernel_of(form(UNITS), threads=2)
    expected, found = both(kernel, arrays), {}

    def work(name):
        found[name] = [both(kernel, arrays) for _ in range(5)]

    workers = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 4
    for passes in found.values():
        for results, gradients in passes:
            assert_same(results + gradients, expected[0] + expected[1])


def trained(seed, cell):
    """The weights of a network after a few steps of training."""
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(16, 10, FEATURES)).astype("float32")
    inputs = keras.Input((10, FEATURES))
    loop = Recurrent(cell(UNITS, seed=seed), engine="native")
    model = keras.Model(inputs, keras.layers.Dense(1)(loop(inputs)))
    model.set_weights([0.1 * rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile(keras.optimizers.Adam(0.01), "mse")
    for _ in range(8):
        model.train_on_batch(x, x[:, 0, :1])
    assert loop.engine_used == "native"
    return model.get_weights()


def test_two_models_trained_in_two_threads(split, monkeypatch):
    monkeypatch.setenv("RNNZOO_THREADS", "2")
    jobs = [(1, LSTM), (2, GRU)]
    expected, found = [trained(*job) for job in jobs], {}
    workers = [
        threading.Thread(target=lambda k=k, job=job: found.update({k: trained(*job)}))
        for k, job in enumerate(jobs)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for k, weights in enumerate(expected):
        assert_same(found[k], weights)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_computes_the_same(split):
    kernel, arrays = kernel_of(GRU(UNITS), threads=3)
    expected = both(kernel, arrays)
    child = os.fork()
    if child == 0:
        results, gradients = both(kernel, arrays)
        pairs = zip(results + gradients, expected[0] + expected[1], strict=True)
        os._exit(0 if all(np.array_equal(a, b) for a, b in pairs) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
