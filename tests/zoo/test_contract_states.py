"""Initial states, given and kept, for every cell."""

import re

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.zoo.backend.gradient import gradient
from rnnzoo.zoo.cells import (
    GRU,
    NARX,
    SLSTM,
    TDNN,
    Clockwork,
    Feedback,
    MinGRU,
    Residual,
    TimeAware,
)


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
    if not few.cell().hidden:
        with pytest.raises(ArgumentError, match="no hidden state.*learn_initial_state=True"):
            few.loop(learn_initial_state=True)
        return
    loop = few.loop(learn_initial_state=True)
    loop.build(few.x.shape)
    assert [int(k) for k in loop.initial] == list(loop.cell.hidden)
    for learned in loop.initial.values():
        learned.assign(np.random.default_rng(4).normal(size=learned.shape))
    spatial = few.spatial
    given = [0 * state for state in few.states]
    for k, learned in loop.initial.items():
        given[int(k)] = np.broadcast_to(numpy(learned), (len(few.x), *spatial, learned.shape[-1]))
    begun = numpy(loop(few.x, initial_state=given))
    np.testing.assert_allclose(numpy(loop(few.x)), begun, atol=1e-5)


def test_a_learned_initial_state_gets_a_gradient_and_phases_none():
    x = np.ones((2, 5, 3), "float32")
    loop = Recurrent(Clockwork(4), learn_initial_state=True)
    loop.build(x.shape)
    assert {k: learned.shape for k, learned in loop.initial.items()} == {"0": (4,)}
    (slope,) = gradient(lambda: ops.sum(loop(x)), [*loop.initial.values()])
    assert slope.any()


def test_a_stateful_loop_does_not_begin_anew():
    with pytest.raises(ArgumentError, match="learn_initial_state=True"):
        Recurrent(GRU(4), stateful=True, learn_initial_state=True)


def test_phases_and_taps_in_a_feedback_neither_fade_nor_learn():
    inner = [Clockwork(4, periods=[1, 8]), TDNN(3)]
    loop = Recurrent(TimeAware(Feedback(inner, 2)), return_state=True)
    _, *states = loop(np.where(np.arange(9) % 3, 1.0, np.nan)[None, :, None].astype("float32"))
    np.testing.assert_array_equal(numpy(states[3]), [[0, 1]])  # 9 steps of 1 and 8
    learned = Recurrent(Feedback(inner, 2), learn_initial_state=True)
    learned.build((None, None, 1))
    assert [*learned.initial] == ["2"]  # the clockwork's h


@pytest.mark.parametrize("cell", [Residual(TDNN(3)), Feedback([TDNN(3)], 3)])
def test_what_has_no_hidden_state_cannot_fade(cell):
    with pytest.raises(ArgumentError, match="hidden state over vectors that can fade"):
        TimeAware(cell)


def test_learned_states_keep_the_output_of_an_slstm_below_one():
    loop = Recurrent(SLSTM(4), return_sequences=True, learn_initial_state=True)
    loop.build((None, None, 1))
    assert [*loop.initial] == ["0", "1"]
    cell = TimeAware(SLSTM(4))
    assert [*cell.hidden] == [0, 1]


def test_a_stateful_loop_keeps_to_its_batch():
    loop = Recurrent(GRU(4), stateful=True)
    loop(np.zeros((2, 5, 3), "float32"))
    for batch in (1, 3):
        with pytest.raises(
            ArgumentError, match=f"batch size must be 2. Received: a batch of {batch}"
        ):
            loop(np.zeros((batch, 5, 3), "float32"))


def test_a_loop_keeps_to_its_channels():
    loop = Recurrent(NARX(4, input_delays=[1], feedback="truth"))
    loop(np.zeros((2, 5, 3), "float32"))
    with pytest.raises(ArgumentError, match=r"built for sequences of 3 channels.*\(2, 5, 4\)"):
        loop(np.zeros((2, 5, 4), "float32"))


@pytest.mark.parametrize(
    ("states", "received"),
    [([np.zeros((2, 3), "float32")], r"\[\(2, 3\)\]"), ([], r"\[\]")],
)
def test_a_cell_stepped_by_hand_refuses_states_that_are_not_its_own(states, received):
    with pytest.raises(ArgumentError, match=f"`states` must.*{received}"):
        GRU(4)(np.zeros((2, 5), "float32"), states)


def test_the_states_are_known_before_a_loop_is_built(case):
    loop = Recurrent(case.make(), return_state=True)
    unbuilt = loop.compute_output_shape((3, None, *case.item))
    loop.build((3, None, *case.item))
    assert loop.compute_output_shape((3, None, *case.item)) == unbuilt
    assert loop.cell.state_size == loop.cell.states_for(case.item[-1])
    assert unbuilt[1:] == tuple(state.shape for state in case.states)


def test_a_stack_knows_them_too():
    deep = stack([TDNN(4), keras.layers.Dense(3), NARX(2, input_delays=[2])], return_state=True)
    unbuilt = deep.compute_output_shape((2, 5, 1))
    assert unbuilt == ((2, 1), (2, 4), *[(2, 1)] * 3, *[(2, 1)] * 3, (2, 3), (2, 3))
    deep.build((2, 5, 1))
    assert deep.compute_output_shape((2, 5, 1)) == unbuilt


UNKNOWN = {
    "tdnn": lambda: TDNN(4),
    "narx": lambda: NARX(4, input_delays=[0, 2]),
    "residual": lambda: Residual(TDNN(3)),
    "feedback": lambda: Feedback([GRU(2), TDNN(3)], 2),
    "time_aware": lambda: TimeAware(GRU(2)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_the_states_of_a_delay_line_are_asked_for_once_it_is_built(name):
    cell = UNKNOWN[name]()
    with pytest.raises(ArgumentError, match="known once it is built.*Received"):
        cell.get_initial_state(2)
    cell.build((None, 3))
    assert [state.shape[-1] for state in cell.get_initial_state(2)] == cell.state_size


@pytest.mark.parametrize("cell", [GRU(4), NARX(4), TDNN(4, delays=[0]), Residual(GRU(3))])
def test_other_states_are_known_before(cell):
    known = [state.shape for state in cell.get_initial_state(2)]
    cell.build((None, 3))
    assert [state.shape for state in cell.get_initial_state(2)] == known


@pytest.mark.parametrize("engine", ["scan", "auto", "unrolled"])
@pytest.mark.parametrize("make", [TDNN, GRU, MinGRU])
def test_a_sequence_without_steps_is_refused(make, engine):
    with pytest.raises(ArgumentError, match=r"at least one step. Received: shape=\(2, 0, 3\)"):
        Recurrent(make(4), engine=engine)(np.zeros((2, 0, 3), "float32"))


def test_all_steps_at_once_where_their_number_is_known_at_run_time():
    x = np.random.default_rng(1).normal(size=(2, 7, 3)).astype("float32")
    cell = MinGRU(4)
    model = keras.Sequential([keras.Input((None, 3)), Recurrent(cell, engine="parallel")])
    expected = [numpy(Recurrent(cell, engine="scan")(x[:, :steps])) for steps in (7, 3)]
    np.testing.assert_allclose(model.predict_on_batch(x), expected[0], atol=1e-6)
    if keras.config.backend() == "tensorflow":  # makes one graph for any length
        with pytest.raises(ArgumentError, match="the number of steps beforehand"):
            model.predict_on_batch(x[:, :3])
    else:
        np.testing.assert_allclose(model.predict_on_batch(x[:, :3]), expected[1], atol=1e-6)


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
