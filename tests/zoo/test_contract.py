"""Laws that every cell keeps when it is run."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo.zoo import cells
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import CELLS, WRAPPERS, Elman, Jordan, RecurrentCell, serving
from rnnzoo.zoo.cells.product import ProductCell
from rnnzoo.zoo.engines import ENGINES
from rnnzoo.zoo.layers import Recurrent


def test_the_table_holds_every_cell_there_is():
    names = [module.name for module in pkgutil.iter_modules(cells.__path__)]
    modules = [importlib.import_module(f"{cells.__name__}.{name}") for name in names]
    found = {
        thing
        for module in modules
        for _, thing in inspect.getmembers(module, inspect.isclass)
        if issubclass(thing, RecurrentCell) and thing.__module__ == module.__name__
    }
    bases = {
        cell
        for cell in found
        if cell.step is RecurrentCell.step
        or getattr(cell, "pointwise", None) is ProductCell.pointwise
    }
    assert found - bases == {*CELLS.values(), *WRAPPERS.values()}


@pytest.mark.parametrize("cell", [*CELLS.values(), *WRAPPERS.values()])
def test_every_cell_has_a_test_of_its_own(cell):
    module = cell.__module__.rpartition(".")[2]
    assert (Path(__file__).parent / "cells" / f"test_{module}.py").exists()


def test_every_engine_steps_as_one_steps_by_hand(case):
    by_hand = step_by_hand(case.cell(), case.x)
    outputs, last = case.run(case.x)  # compiled, by the engine of choice
    assert_all_close([outputs, *last], by_hand)
    cell = case.cell()
    for engine in (name for name, one in ENGINES.items() if one.supports(cell, 6) is None):
        loop = case.loop(return_sequences=True, return_state=True, engine=engine)
        assert_all_close(loop(case.x), by_hand)


def test_without_a_loop_it_learns_as_with_one(parallelizable):
    """Compiled for batches of any size; one step of gradient descent tells the gradient."""
    loop, stepping = (parallelizable.loop(engine=engine) for engine in ("parallel", "scan"))
    x = parallelizable.x[:, :4]
    inputs = keras.Input(x.shape[1:])
    model = keras.Model(inputs, loop(inputs))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    stepping.build(x.shape)
    loss = lambda: ops.mean(ops.square(stepping(x)))  # noqa: E731
    slopes = gradient(loss, stepping.trainable_weights)
    before = [numpy(weight) for weight in loop.trainable_weights]
    history = model.fit(x, np.zeros((len(x), loop.cell.output_size)), verbose=0).history
    assert history["loss"] == pytest.approx([float(numpy(loss()))], rel=1e-4)
    for weight, old, slope in zip(loop.trainable_weights, before, slopes, strict=True):
        np.testing.assert_allclose(numpy(weight), old - 0.1 * slope, atol=1e-5)


VECTORS = [name for name in CELLS if name not in serving("next_frame")]


@pytest.mark.parametrize("name", [*VECTORS, "rnn-taps", "narx-gaps", "narx-truth", "feedback-two"])
def test_keras_own_loop_agrees(cases, name):
    case = cases[name]
    loop = keras.layers.RNN(case.cell(), return_sequences=True, return_state=True)
    outputs, last = case.run(case.x)
    assert_all_close(loop(case.x), [outputs, *last])


def test_the_first_state_is_the_last_output(case):
    outputs, last = case.run(case.x)
    np.testing.assert_array_equal(last[0], outputs[:, -1])


def test_what_comes_later_changes_nothing_before(case):
    other = case.x
    other[:, 4:] += 1
    before, after = case.run(case.x)[0], case.run(other)[0]
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert not np.allclose(before[:, 4:], after[:, 4:])


def test_the_last_input_changes_the_last_output_unless_all_of_it_is_truth(case):
    width = case.item[-1] - case.truth
    other = case.x
    other[:, -1, ..., :width] += 1
    before, after = case.run(case.x)[0], case.run(other)[0]
    assert np.allclose(before[:, -1], after[:, -1]) == (width == 0)


def test_the_truth_of_a_step_is_seen_from_the_next_step_on(truth_case):
    other = truth_case.x
    other[:, 3, -truth_case.truth :] += 1
    before, after = truth_case.run(truth_case.x)[0], truth_case.run(other)[0]
    np.testing.assert_array_equal(before[:, 3], after[:, 3])
    assert not np.allclose(before[:, 4], after[:, 4])


def test_every_series_of_the_batch_goes_its_own_way(case):
    order = [2, 0, 1]
    straight, permuted = case.run(case.x)[0], case.run(case.x[order])[0]
    np.testing.assert_allclose(permuted, straight[order], atol=1e-6)


def test_every_weight_gets_a_gradient(case):
    loop = case.loop(return_sequences=True)
    loop.build(case.x.shape)
    wish = np.random.default_rng(3).normal(size=loop.compute_output_shape(case.x.shape))
    wish = ops.convert_to_tensor(wish, "float32")
    outputs = lambda: loop(case.x, initial_state=case.states)  # noqa: E731
    slopes = gradient(lambda: ops.sum(outputs() * wish), loop.trainable_weights)
    for weight, slope in zip(loop.trainable_weights, slopes, strict=True):
        assert np.isfinite(slope).all(), weight.path
        assert slope.any(), weight.path


@pytest.mark.parametrize("make", [Elman, Jordan])
def test_truncation_changes_gradients_and_not_outputs(make, built):
    x = keras.Variable(np.random.default_rng(1).normal(size=(2, 5, 3)))
    outputs, slopes = {}, {}
    for truncate in (True, False):
        loop = Recurrent(built(make(4, truncate=truncate), 3))
        outputs[truncate] = numpy(loop(x.value))
        slopes[truncate] = gradient(
            lambda loop=loop: ops.sum(loop(ops.convert_to_tensor(x))), [x, *loop.weights]
        )
    np.testing.assert_array_equal(outputs[True], outputs[False])
    assert not slopes[True][0][:, :-1].any()
    assert slopes[False][0][:, 0].all()
    recurrent_kernel = 2  # after x and W
    assert not np.allclose(slopes[True][recurrent_kernel], slopes[False][recurrent_kernel])


def step_by_hand(cell, x):
    states, outputs = cell.get_initial_state(len(x), cell.spatial(x.shape[2:-1])), []
    for t in range(x.shape[1]):
        output, states = cell(ops.convert_to_tensor(x[:, t]), states)
        outputs.append(output)
    return [ops.stack(outputs, axis=1), *states]


def assert_all_close(some, others):
    for one, other in zip(some, others, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-5)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
