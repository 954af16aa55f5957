"""What every engine keeps to: it says what it can run, and computes what is needed."""

import keras
import numpy as np
import pytest
from keras import ops
from rnnzoo import ArgumentError, Recurrent, stack
from rnnzoo.zoo.cells import GRU, LSTM, NARX, RNN, TDNN, KerasCell, MinGRU, RecurrentCell
from rnnzoo.zoo.engines import ENGINES, NEEDS, choose_engine

X = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")


class Doubled(RecurrentCell):
    """Puts out twice its state: no cell of ours does."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units, self.state_size, self.output_size = units, [units], units

    def build(self, input_shape):
        self.W = self.add_weight(shape=(input_shape[-1], self.units), name="W")

    def project(self, inputs):
        return ops.matmul(inputs, self.W)

    def step(self, drive, states):
        h = ops.tanh(drive + states[0])
        return 2 * h, [h]


@pytest.mark.parametrize("need", NEEDS)
@pytest.mark.parametrize("name", ENGINES)
def test_what_is_needed_is_there_and_no_more(name, need):
    cell = RNN(4) if name == "native" else MinGRU(4)
    if (why := ENGINES[name].supports(cell, 5)) is not None:
        pytest.skip(why)
    cell.build((None, 3))
    states = cell.get_initial_state(2)
    whole = ENGINES["scan"].run(cell, ops.convert_to_tensor(X), states, need="states")
    found = ENGINES[name].run(cell, ops.convert_to_tensor(X), states, need=need)
    close(found.last[0], whole.last[0])
    assert (found.states is None) == (need != "states")
    if need == "states":
        close(found.states[0], whole.states[0])
    if need != "last":
        close(found.outputs, whole.outputs)


def test_an_engine_says_why_it_cannot_run_a_cell():
    assert ENGINES["scan"].supports(GRU(4), None) is None
    assert "has to run step by step" in ENGINES["parallel"].supports(GRU(4), 5)
    assert "number of steps beforehand" in ENGINES["parallel"].supports(MinGRU(4), None)
    assert ENGINES["parallel"].supports(MinGRU(4), 5) is None
    assert "fixed number of steps" in ENGINES["unrolled"].supports(GRU(4), None)


@pytest.mark.parametrize(
    "cell, name",
    [
        (GRU(4), "scan"),
        (MinGRU(4), "scan"),
        (TDNN(4), "parallel"),
        (NARX(4, feedback="truth"), "parallel"),
        (NARX(4), "scan"),
    ],
)
def test_auto_takes_the_first_that_runs_a_cell_by_itself(cell, name):
    assert choose_engine("auto", cell, 5) is ENGINES[name]


@pytest.mark.parametrize(
    "batch, steps, name",
    [(1, 64, "parallel"), (1, 63, "scan"), (65, 64, "scan"), (None, 64, "scan"), (1, None, "scan")],
)
def test_auto_scans_few_long_sequences_at_once(batch, steps, name):
    assert choose_engine("auto", MinGRU(4), steps, batch) is ENGINES[name]


def test_auto_takes_kernels_for_long_sequences_where_keras_trains_and_predicts():
    if ENGINES["native"].supports(GRU(4), None) is not None:
        pytest.skip("there are no kernels")
    x = np.zeros((4, 30, 3), "float32")
    for cell, steps, name in (
        (GRU(4), 24, "native"),
        (GRU(4), None, "native"),
        (GRU(4), 23, "scan"),
        (RNN(4), 30, "scan"),
        (GRU(4, activation="gelu"), 30, "scan"),
        (GRU(4, dtype="float64"), 30, "scan"),
    ):
        inputs = keras.Input((steps, 3))
        loop = Recurrent(cell)
        model = keras.Model(inputs, loop(inputs))
        model.compile("sgd", "mse")
        read = x if steps is None else x[:, :steps]
        model.predict_on_batch(read)
        assert loop.engine_used == name
        model.train_on_batch(read, np.zeros((4, 4), "float32"))
        assert loop.engine_used == name
        loop(read)
        assert loop.engine_used == "scan"


def test_an_engine_reaches_through_a_stack():
    deep = stack([MinGRU(4), keras.layers.Dense(3), MinGRU(2)], engine="parallel", name="deep")
    assert [loop.engine for loop in deep.loops] == ["parallel", "parallel"]
    assert deep.name == "deep"
    with pytest.raises(ArgumentError, match='step by step. Received: engine="parallel"'):
        stack([LSTM(4)], engine="parallel")(X)


def test_an_output_that_is_not_the_first_state_is_refused_with_a_way_out():
    cell = Doubled(4)
    with pytest.raises(ArgumentError, match="first of the new states.*rnnzoo.cells.KerasCell"):
        Recurrent(cell)(X)
    ours = Recurrent(KerasCell(cell), return_sequences=True)(X)
    close(ours, keras.layers.RNN(cell, return_sequences=True)(X))


@pytest.mark.parametrize("engine", [*ENGINES, "auto"])
def test_no_steps_are_refused(engine):
    with pytest.raises(ArgumentError, match="at least one step"):
        Recurrent(MinGRU(4), engine=engine)(X[:, :0])


def test_unroll_is_an_engine():
    written_out = Recurrent(GRU(4), unroll=True)
    assert written_out(X).shape == (2, 4)
    with pytest.raises(ArgumentError, match='engine="unrolled"'):
        Recurrent(GRU(4), unroll=True, engine="scan")


def close(one, other):
    one, other = ops.convert_to_numpy(one), ops.convert_to_numpy(other)
    np.testing.assert_allclose(one, other, atol=1e-6)
