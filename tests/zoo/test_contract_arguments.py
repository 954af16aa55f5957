"""Every argument is used or refused, with the received value named."""

import re

import keras
import numpy as np
import pytest
from rnnzoo import ArgumentError, NARXNetwork, Recurrent, sequence, stack
from rnnzoo.errors import ArgumentTypeError
from rnnzoo.zoo.cells import (
    CELLS,
    GRU,
    IRNN,
    LRU,
    LSTM,
    NARX,
    RNN,
    TDNN,
    Elman,
    Feedback,
    Jordan,
    Residual,
    TimeAware,
)

EVERY_CELL = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS.keys())


@EVERY_CELL
def test_an_unknown_argument_is_refused(cell):
    with pytest.raises((TypeError, ValueError), match="unheard_of"):
        cell(4, unheard_of=1)


CONSTRUCTORS = [
    lambda **k: Recurrent(GRU(4), **k),
    lambda **k: stack([], **k),
    lambda **k: Feedback([GRU(4)], 2, **k),
    lambda **k: Residual(GRU(4), **k),
    lambda **k: TimeAware(GRU(4), **k),
    lambda **k: NARXNetwork(NARX(4), **k),
    lambda **k: sequence([GRU(4)], 2, 1, **k),
]


@pytest.mark.parametrize("make", CONSTRUCTORS)
def test_an_unknown_argument_of_what_is_built_from_cells_is_refused(make):
    with pytest.raises((TypeError, ValueError), match="unheard_of"):
        make(unheard_of=1)


@EVERY_CELL
@pytest.mark.parametrize("units", [0, -1])
def test_a_cell_without_units_is_refused(cell, units):
    with pytest.raises(ArgumentError, match=rf"Received: \w+={units}"):
        cell(units)


@EVERY_CELL
@pytest.mark.parametrize("units", [2.5, True, "4", None])
def test_units_must_be_a_whole_number(cell, units):
    with pytest.raises(ArgumentTypeError, match=rf"Received: \w+={re.escape(repr(units))}"):
        cell(units)


@pytest.mark.parametrize("outputs", [0, -1])
@pytest.mark.parametrize("make", [lambda n: NARX(4, n), lambda n: Jordan(4, n)])
def test_a_network_without_outputs_is_refused(make, outputs):
    with pytest.raises(ArgumentError, match=f"Received: outputs={outputs}"):
        make(outputs)


TAPS = {
    "taps": lambda value: RNN(4, taps=value),
    "feedback_delays": lambda value: NARX(4, feedback_delays=value),
    "input_delays": lambda value: NARX(4, input_delays=value),
}
EVERY_TAPS = pytest.mark.parametrize("name, make", TAPS.items(), ids=TAPS.keys())


@EVERY_TAPS
@pytest.mark.parametrize("value", [(1, 1), (2, 1, 2), (-1,)])
def test_repeated_and_negative_delays_are_refused(name, make, value):
    with pytest.raises(ArgumentError, match=f"`{name}`.*Received: {name}="):
        make(value)


@EVERY_TAPS
@pytest.mark.parametrize("value", [2, "12", (1.5,), (True,), None])
def test_delays_must_be_a_list_of_whole_numbers(name, make, value):
    with pytest.raises(ArgumentTypeError, match=f"`{name}`.*Received: {name}="):
        make(value)


@pytest.mark.parametrize("name", ["taps", "feedback_delays"])
@pytest.mark.parametrize("value, received", [((), r"=\[\]"), ((0,), "=0"), ((0, 1), "=0")])
def test_a_recurrence_needs_a_past(name, value, received):
    with pytest.raises(ArgumentError, match=f"Received: {name}{received}"):
        TAPS[name](value)


@pytest.mark.parametrize("mu", [-0.1, 1, 1.5, float("nan")])
def test_mu_outside_its_range_is_refused(mu):
    with pytest.raises(ArgumentError, match=f"Received: mu={mu}"):
        Jordan(4, mu=mu)


@pytest.mark.parametrize("mu", ["0.5", True, None])
def test_mu_must_be_a_number(mu):
    with pytest.raises(ArgumentTypeError, match=f"Received: mu={mu!r}"):
        Jordan(4, mu=mu)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GRU(4, reset="befor"),
        lambda: NARX(4, feedback="befor"),
        lambda: Feedback([GRU(4)], 1, feedback="befor"),
        lambda: Recurrent(GRU(4), engine="befor"),
    ],
)
def test_an_unknown_choice_is_refused(make):
    with pytest.raises(ArgumentError, match=r"must be one of .*Received: .*='befor'"):
        make()


def test_the_nearest_choice_is_named():
    with pytest.raises(ArgumentError, match="Did you mean before"):
        GRU(4, reset="befor")


@pytest.mark.parametrize("make", [Elman, Jordan, NARX, RNN])
def test_an_unknown_activation_is_refused(make):
    with pytest.raises(ArgumentError, match="`activation`.*Received: activation='tahn'"):
        make(4, activation="tahn")
    with pytest.raises(ArgumentTypeError, match="`activation`"):
        make(4, activation=np.tanh)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Elman(4, truncate="no"),
        lambda: Jordan(4, truncate=1),
        lambda: LSTM(4, peepholes="False"),
        lambda: Feedback([GRU(4)], 1, residual=None),
    ],
)
def test_a_flag_is_true_or_false(make):
    with pytest.raises(ArgumentTypeError, match="must be True or False. Received: "):
        make()


@pytest.mark.parametrize("shape", [(3,), (2, 3)])
def test_sequences_without_a_time_axis_are_refused(shape):
    with pytest.raises(ArgumentError, match=rf"Received: shape=\({shape[0]},"):
        Recurrent(LSTM(4))(np.zeros(shape, "float32"))


@EVERY_CELL
def test_images_are_not_read_as_vectors_nor_vectors_as_images(cell):
    kind = "images of 1 to 3 axes" if "next_frame" in cell.serves else "reads vectors"
    item = (3,) if "next_frame" in cell.serves else (4, 4, 3)
    with pytest.raises(ArgumentError, match=kind):
        Recurrent(cell(4))(np.zeros((2, 5, *item), "float32"))


@pytest.mark.parametrize("feedback", ["truth", "error"])
def test_an_input_too_narrow_to_hold_the_truth_is_refused(feedback):
    with pytest.raises(ArgumentError, match="Received: an input 1 wide"):
        Recurrent(NARX(4, outputs=2, feedback=feedback))(np.zeros((2, 5, 1), "float32"))


def test_only_a_cell_is_looped():
    with pytest.raises(ArgumentTypeError, match="Received: cell='gru'"):
        Recurrent("gru")


def test_a_stateful_loop_needs_to_know_its_batch():
    with pytest.raises(ArgumentError, match="needs a fixed batch size"):
        Recurrent(GRU(4), stateful=True)(keras.Input((None, 3)))


def test_feedback_needs_cells_that_put_out_what_it_feeds_back():
    with pytest.raises(ArgumentError, match="outputs=2, a cell with 3"):
        Feedback([Jordan(4, outputs=3)], 2)


@pytest.mark.parametrize("cells", [[], [GRU(4), "gru"], "gru", None])
def test_feedback_needs_cells(cells):
    with pytest.raises((ArgumentError, ArgumentTypeError), match="Received: "):
        Feedback(cells, 2)


def test_numbers_of_numpy_are_plain_ones_in_the_config():
    cell = TDNN(np.int64(4), delays=np.array([3, 1]))
    assert cell.get_config()["units"] == 4 and cell.get_config()["delays"] == [3, 1]
    assert Jordan(4, mu=np.float32(0.5)).get_config()["mu"] == 0.5


def test_what_makes_an_irnn_is_not_to_be_chosen():
    with pytest.raises(ArgumentTypeError, match="RNN with ReLU.*activation='tanh'"):
        IRNN(4, activation="tanh")
    with pytest.raises(ArgumentTypeError, match=r"the tap 1.*taps=\(1, 2\)"):
        IRNN(4, taps=(1, 2))


def test_a_ring_of_no_numbers():
    with pytest.raises(ArgumentTypeError, match=r"`radius` must be two numbers.*\(None, 0.5\)"):
        LRU(4, radius=(None, 0.5))


def test_an_exogenous_input_that_nothing_reads_is_refused():
    with pytest.raises(ArgumentError, match="needs `input_delays`.*an input 3 wide"):
        Recurrent(NARX(4, input_delays=[], feedback="truth"))(np.zeros((2, 5, 3), "float32"))
