"""What a masked step means, for every cell: all states are held, and the output with them."""

import re

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import GRU, LSTM
from rnnzoo.zoo.engines import ENGINES
from rnnzoo.zoo.layers import Recurrent, stack

MASK = np.array([[0, 1, 1, 0, 0, 1], [1, 1, 0, 1, 0, 0], [1, 1, 1, 1, 1, 1]], bool)


def test_masked_steps_are_as_if_they_were_not_there(case):
    outputs, last = case.run(case.x, case.states, MASK)
    for row, keep in enumerate(MASK):
        x, states = case.x[[row]][:, keep], [state[[row]] for state in case.states]
        expected, expected_last = case.run(*as_batch(x, states))
        np.testing.assert_allclose(outputs[row, keep], expected[0], atol=1e-6)
        for state, other in zip(last, expected_last, strict=True):
            np.testing.assert_allclose(state[row], other[0], atol=1e-6)


def test_what_stands_in_a_masked_step_counts_for_nothing(case):
    x = np.where(MASK.reshape(*MASK.shape, *[1] * len(case.item)), case.x, np.nan)
    outputs, last = case.run(case.x, case.states, MASK)
    hidden, hidden_last = case.run(x.astype("float32"), case.states, MASK)
    for one, other in zip([hidden, *hidden_last], [outputs, *last], strict=True):
        np.testing.assert_array_equal(one, other)


def test_nor_does_it_count_in_the_gradient(few):
    x = np.where(MASK.reshape(*MASK.shape, *[1] * len(few.item)), few.x, np.nan)
    loop = few.loop()
    loop.build(x.shape)
    for slope in gradient(lambda: ops.sum(loop(x, mask=MASK)), loop.trainable_weights):
        assert np.isfinite(slope).all()


def test_a_masked_step_repeats_the_output_before_it(case):
    outputs, _ = case.run(case.x, case.states, MASK)
    np.testing.assert_array_equal(outputs[0, 3], outputs[0, 2])
    np.testing.assert_array_equal(outputs[0, 4], outputs[0, 2])
    np.testing.assert_array_equal(outputs[1, 5], outputs[1, 3])


def test_a_masked_first_step_holds_the_initial_state(case):
    outputs, _ = case.run(case.x, case.states, MASK)
    np.testing.assert_array_equal(outputs[0, 0], case.states[0][0])
    assert not case.run(case.x, mask=MASK)[0][0, 0].any()


def test_a_sequence_masked_throughout_ends_where_it_began(case):
    _, last = case.run(case.x, case.states, np.zeros_like(MASK))
    for state, initial in zip(last, case.states, strict=True):
        np.testing.assert_array_equal(state, initial)


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_masks_alike(few, engine):
    if (why := ENGINES[engine].supports(few.cell(), few.x.shape[1])) is not None:
        with pytest.raises(ArgumentError, match=f'{re.escape(why)}. Received: engine="{engine}"'):
            few.loop(engine=engine)(few.x)
        return
    loop = few.loop(return_sequences=True, return_state=True, engine=engine)
    outputs, *last = loop(few.x, initial_state=few.states, mask=MASK)
    expected, expected_last = few.run(few.x, few.states, MASK)
    for one, other in zip([outputs, *last], [expected, *expected_last], strict=True):
        np.testing.assert_allclose(ops.convert_to_numpy(one), other, atol=1e-5)


def test_a_masking_layer_before_the_loop_is_heard(x, cell):
    blanked = np.where(MASK[..., None], x, 0)
    inputs = keras.Input((None, 3))
    network = keras.Model(inputs, Recurrent(cell)(keras.layers.Masking()(inputs)))
    expected = Recurrent(cell)(x, mask=MASK)
    np.testing.assert_allclose(network.predict_on_batch(blanked), numpy(expected), atol=1e-6)


def test_reading_backwards_turns_the_mask_too(x, cell):
    backwards = Recurrent(cell, return_sequences=True, go_backwards=True)(x, mask=MASK)
    turned = Recurrent(cell, return_sequences=True)(x[:, ::-1], mask=MASK[:, ::-1])
    np.testing.assert_allclose(numpy(backwards), numpy(turned), atol=1e-6)


def test_a_stack_masks_each_of_its_cells(x, cell, built):
    above = built(GRU(2), 4)
    below, h, c = Recurrent(cell, return_sequences=True, return_state=True)(x, mask=MASK)
    top, s = Recurrent(above, return_sequences=True, return_state=True)(below, mask=MASK)
    deep = stack([cell, above], return_sequences=True, return_state=True)
    for one, other in zip(deep(x, mask=MASK), [top, h, c, s], strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-6)


def test_the_mask_goes_on_with_the_sequence_and_ends_with_it(x, cell):
    every, last = Recurrent(cell, return_sequences=True), Recurrent(cell)
    assert every.compute_mask(x, MASK) is MASK
    assert last.compute_mask(x, MASK) is None


@pytest.mark.parametrize("shape", [(3, 5), (3, 7), (2, 6), (3, 6, 1)])
def test_a_mask_of_the_wrong_shape_is_refused(x, cell, shape):
    with pytest.raises(ArgumentError, match=re.escape(f"Received: shape={shape}")):
        Recurrent(cell)(x, mask=np.ones(shape, bool))


@pytest.fixture
def x():
    return np.random.default_rng(1).normal(size=(*MASK.shape, 3)).astype("float32")


@pytest.fixture
def cell(built):
    return built(LSTM(4), 3)


def as_batch(x, states):
    """One series three times over, so that the network keeps its batch."""
    return np.repeat(x, 3, axis=0), [np.repeat(state, 3, axis=0) for state in states]


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
