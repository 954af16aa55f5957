"""Initial states, given and kept, for every cell."""

import re

import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent
from rnnzoo.zoo.cells import GRU, Clockwork
from rnnzoo.zoo.gradient import gradient


def test_handing_the_states_over_continues_the_sequence(case):
    whole, whole_last = case.run(case.x)
    first, states = case.run(case.x[:, :3])
    second, last = case.run(case.x[:, 3:], states)
    np.testing.assert_allclose(np.concatenate([first, second], axis=1), whole, atol=1e-6)
    for state, expected in zip(last, whole_last, strict=True):
        np.testing.assert_allclose(state, expected, atol=1e-6)


def test_a_given_state_of_zeros_is_the_initial_state(few):
    loop = few.loop()
    zeros = [0 * state for state in few.states]
    np.testing.assert_array_equal(numpy(loop(few.x)), numpy(loop(few.x, initial_state=zeros)))


def test_a_stateful_loop_goes_on_where_it_ended(few):
    loop = few.loop(stateful=True, return_sequences=True)
    parts = [numpy(loop(few.x[:, :3])), numpy(loop(few.x[:, 3:]))]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), few.run(few.x)[0], atol=1e-5)


def test_a_stateful_loop_can_be_reset(few):
    loop = few.loop(stateful=True)
    first, second = numpy(loop(few.x)), numpy(loop(few.x))
    loop.reset_state()
    np.testing.assert_array_equal(numpy(loop(few.x)), first)
    assert not np.allclose(first, second)


def test_too_few_states_are_refused(case):
    with pytest.raises(ArgumentError, match=r"`initial_state` must hold .*Received: shapes \["):
        case.loop()(case.x, initial_state=case.states[1:])


@pytest.mark.parametrize("axis", [0, -1])
def test_states_of_the_wrong_shape_are_refused(case, axis):
    states = case.states
    states[-1] = np.concatenate([states[-1], states[-1]], axis=axis)
    received = re.escape(f"{states[-1].shape}]")
    with pytest.raises(ArgumentError, match=f"`initial_state` must hold .*{received}"):
        case.loop()(case.x, initial_state=states)


def test_a_learned_initial_state_is_where_a_sequence_begins(few):
    loop = few.loop(learn_initial_state=True)
    loop.build(few.x.shape)
    assert len(loop.initial) == loop.cell.hidden_states
    for learned in loop.initial:
        learned.assign(np.random.default_rng(4).normal(size=learned.shape))
    spatial = few.item[:-1]
    given = [0 * state for state in few.states]
    for k, learned in enumerate(loop.initial):
        given[k] = np.broadcast_to(numpy(learned), (len(few.x), *spatial, learned.shape[-1]))
    begun = numpy(loop(few.x, initial_state=given))
    np.testing.assert_allclose(numpy(loop(few.x)), begun, atol=1e-5)


def test_a_learned_initial_state_gets_a_gradient_and_phases_none():
    x = np.ones((2, 5, 3), "float32")
    loop = Recurrent(Clockwork(4), learn_initial_state=True)
    loop.build(x.shape)
    assert [learned.shape for learned in loop.initial] == [(4,)]
    (slope,) = gradient(lambda: ops.sum(loop(x)), loop.initial)
    assert slope.any()


def test_a_stateful_loop_does_not_begin_anew():
    with pytest.raises(ArgumentError, match="learn_initial_state=True"):
        Recurrent(GRU(4), stateful=True, learn_initial_state=True)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
