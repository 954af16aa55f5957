import json

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import GRU, LSTM
from rnnzoo.zoo.layers import Stack

X = np.random.default_rng(1).normal(size=(2, 6, 3)).astype("float32")


def test_it_is_its_layers_one_after_the_other(layers):
    lower, dense, _, upper = layers
    h, *lower_last = Recurrent(lower, return_sequences=True, return_state=True)(X)
    y, *upper_last = Recurrent(upper, return_sequences=True, return_state=True)(dense(h))
    found = stack(layers, return_sequences=True, return_state=True)(X)
    for one, other in zip(found, [y, *lower_last, *upper_last], strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-6)


def test_step_by_step_is_the_whole(layers):
    deep = stack(layers, return_state=True)
    whole, *last = stack(layers, return_sequences=True, return_state=True)(X)
    states = None
    for t in range(X.shape[1]):
        output, *states = deep(X[:, [t]], initial_state=states)
        np.testing.assert_allclose(numpy(output), numpy(whole)[:, t], atol=1e-6)
    for one, other in zip(states, last, strict=True):
        np.testing.assert_allclose(numpy(one), numpy(other), atol=1e-6)


def test_it_says_what_sequences_begin_with(built):
    lower = Recurrent(built(GRU(4), 3), return_sequences=True, learn_initial_state=True)
    deep = stack([lower, keras.layers.LSTMCell(2)], return_state=True)
    deep.build(X.shape)
    lower.initial["0"].assign(np.arange(4.0))
    start = deep.get_initial_state(2)
    assert [tuple(state.shape) for state in start] == [(2, n) for n in deep.state_size]
    for one, other in zip(deep(X, initial_state=start), deep(X), strict=True):
        np.testing.assert_array_equal(numpy(one), numpy(other))


def test_what_follows_the_last_cell_is_applied_to_each_step(built):
    head = keras.layers.Dense(2)
    cell = built(GRU(4), 3)
    every = stack([cell, head], return_sequences=True)(X)
    np.testing.assert_allclose(
        numpy(every), numpy(head(Recurrent(cell, return_sequences=True)(X))), atol=1e-6
    )
    np.testing.assert_allclose(numpy(stack([cell, head])(X)), numpy(every)[:, -1], atol=1e-6)


def test_dropout_is_for_training_only(layers):
    deep = stack(layers)
    np.testing.assert_array_equal(numpy(deep(X)), numpy(deep(X, training=False)))
    assert not np.allclose(numpy(deep(X)), numpy(deep(X, training=True)))


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("states", [False, True])
def test_traced_shapes_are_real_shapes(layers, every, states):
    deep = stack(layers, return_sequences=every, return_state=states)
    inputs = keras.Input((6, 3))
    traced = keras.Model(inputs, deep(inputs)).output_shape
    real = deep(X)
    if not states:
        traced, real = [traced], [real]
    assert [shape[1:] for shape in traced] == [tuple(tensor.shape[1:]) for tensor in real]


def test_it_is_made_again_from_its_config(layers):
    deep = stack(layers, return_sequences=True, return_state=True)
    deep.build(X.shape)
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(deep)))
    again = keras.saving.deserialize_keras_object(config)
    assert json.loads(json.dumps(keras.saving.serialize_keras_object(again))) == config
    again.set_weights(deep.get_weights())
    for one, other in zip(again(X), deep(X), strict=True):
        np.testing.assert_array_equal(numpy(one), numpy(other))


def test_a_saved_stack_predicts_the_same(layers, tmp_path):
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, stack(layers)(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(numpy(model(X)), numpy(again(X)))


def test_images_are_stacked_too(cases):
    images = cases["conv_lstm"]
    below, above = images.cell(), images.make()
    deep = stack([below, above], return_sequences=True)
    shape = (*images.x.shape[:-1], above.output_size)
    assert tuple(deep(images.x).shape) == deep.compute_output_shape(images.x.shape) == shape


@pytest.mark.parametrize("count", [2, 4])
def test_the_wrong_number_of_states_is_refused(layers, count):
    states = [np.zeros((2, 4), "float32")] * count
    with pytest.raises(ArgumentError, match=f"must hold 3 states. Received: {count}"):
        stack(layers)(X, initial_state=states)


def test_a_stack_without_a_cell_is_refused():
    with pytest.raises(ArgumentError, match="at least one cell"):
        stack([keras.layers.Dense(2)])


@pytest.mark.parametrize(
    "layer", [keras.layers.Conv1D(3, 3, padding="same"), keras.layers.LSTM(3)], ids=["conv", "lstm"]
)
def test_layers_that_may_see_a_later_step_are_refused(layer):
    with pytest.raises(ArgumentError, match="none sees a later one.*Received: "):
        stack([GRU(4), layer])


def test_only_cells_and_layers_are_stacked():
    with pytest.raises(ArgumentTypeError, match="Received: 'gru'"):
        stack([GRU(4), "gru"])


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("go_backwards", True),
        ("return_state", True),
        ("return_sequences", False),
    ],
)
def test_loops_with_a_way_of_their_own_are_refused(argument, value):
    with pytest.raises(ArgumentError, match=f"Received: .*'{argument}': {value}"):
        Stack([Recurrent(GRU(4), **{"return_sequences": True, argument: value})])


def test_a_stateful_stack_goes_on_where_it_ended_and_can_be_reset(layers):
    x = np.random.default_rng(0).normal(size=(2, 8, 3)).astype("float32")
    whole = numpy(stack(layers, return_sequences=True)(x))
    carrying = stack(layers, return_sequences=True, stateful=True)
    assert carrying.stateful
    for _ in range(2):
        parts = [numpy(carrying(x[:, :3])), numpy(carrying(x[:, 3:]))]
        np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)
        carrying.reset_state()


def test_a_loop_in_a_stateful_stack_is_stateful_itself():
    with pytest.raises(ArgumentError, match="a Recurrent with stateful=False"):
        stack([Recurrent(GRU(4), return_sequences=True), GRU(4)], stateful=True)
    carrying = Recurrent(GRU(4), return_sequences=True, stateful=True)
    assert all(loop.stateful for loop in stack([carrying, GRU(4)], stateful=True).loops)


def test_a_stack_is_not_read_both_ways():
    with pytest.raises(ArgumentError, match="make each of its loops Bidirectional instead"):
        keras.layers.Bidirectional(stack([GRU(4)]))


def test_a_single_state_may_stand_alone(built):
    deep = stack([built(GRU(4), 3)])
    x, state = np.ones((2, 5, 3), "float32"), np.ones((2, 4), "float32")
    np.testing.assert_array_equal(
        numpy(deep(x, initial_state=state)), numpy(deep(x, initial_state=[state]))
    )


@pytest.mark.parametrize("option", ["return_sequences", "return_state", "stateful"])
def test_options_are_flags(option):
    with pytest.raises(ArgumentTypeError, match=f"`{option}` must be True or False"):
        stack([GRU(4)], **{option: "no"})
    with pytest.raises(ArgumentTypeError, match=f"`{option}` must be True or False"):
        Recurrent(GRU(4), **{option: "no"})


def test_cells_come_in_a_list():
    with pytest.raises(ArgumentTypeError, match="`layers` must be a list.*<GRU"):
        stack(GRU(4))


@pytest.fixture
def layers(built):
    dense = keras.layers.Dense(5, activation="tanh")
    dense.build((None, None, 4))
    return [built(LSTM(4), 3), dense, keras.layers.Dropout(0.5, seed=1), built(GRU(4), 5)]


def numpy(tensor):
    return ops.convert_to_numpy(tensor)
