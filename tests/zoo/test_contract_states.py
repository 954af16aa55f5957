"""Initial states, given and kept, for every cell."""

import re

import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError


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


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
