"""The cells under test, by name, with random weights and inputs that are always the same."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rnnzoo import Recurrent
from rnnzoo.zoo.backend.compiled import compiled
from rnnzoo.zoo.cells import (
    CELLS,
    GRU,
    LMU,
    LRU,
    LSTM,
    NARX,
    RNN,
    STLSTM,
    Clockwork,
    ConvGRU,
    ConvLSTM,
    Elman,
    Feedback,
    IndRNN,
    Jordan,
    RecurrentCell,
    Residual,
    TimeAware,
    serving,
)
from rnnzoo.zoo.cells.product import ProductCell
from scipy.ndimage import correlate

BATCH, TIME = 3, 6


@dataclass(frozen=True)
class Case:
    """A cell, the shape of one step of its input, how many channels of it are truth, and
    whether values are missing."""

    make: Callable[[], RecurrentCell]
    item: tuple[int, ...] = (3,)
    truth: int = 0
    holes: bool = False

    @property
    def x(self) -> np.ndarray:
        x = _normal((BATCH, TIME, *self.item), seed=1)
        if self.holes:
            x[0, 1:4, 0] = x[1, 2, 1] = x[2, 2:4, 2] = np.nan
        return x

    def cell(self) -> RecurrentCell:
        return built(self.make(), *self.item)

    def loop(self, **arguments: Any) -> Recurrent:
        return Recurrent(self.cell(), **arguments)

    @property
    def states(self) -> list[np.ndarray]:
        """Initial states that are not zero."""
        sizes = enumerate(_state_size(self))
        return [_normal((BATCH, *self.spatial, n), seed=2 + k) for k, n in sizes]

    @property
    def spatial(self) -> tuple[int | None, ...]:
        """The spatial shape of outputs and states."""
        return self.make().spatial(self.item[:-1])

    def run(self, x: Any, states: Any = None, mask: Any = None) -> tuple[Any, list[Any]]:
        """The outputs of all steps and the last states, from a network compiled once."""
        states = [0 * state for state in self.states] if states is None else states
        mask = np.ones(x.shape[:2], bool) if mask is None else mask
        outputs, *last = _network(self)([x, *states, mask])
        return outputs, last


@cache
def _state_size(case: Case) -> list[int]:
    return list(case.cell().state_size)


@cache
def _network(case: Case) -> Callable[[list], list]:
    loop = case.loop(return_sequences=True, return_state=True)
    x = keras.Input((None, *case.item))
    states = [keras.Input((*case.spatial, n)) for n in loop.cell.state_size]
    mask = keras.Input((None,), dtype="bool")
    return compiled(keras.Model([x, *states, mask], loop(x, initial_state=states, mask=mask)))


def built(cell: RecurrentCell, *item: int) -> RecurrentCell:
    """The cell with all its weights, biases too, set to random numbers."""
    cell.build((None, *item))
    cell.built = True
    for k, weight in enumerate(cell.weights):
        weight.assign(_normal(weight.shape, seed=100 + k) / 2)
    return cell


def _normal(shape: Any, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


IMAGE = (4, 3, 2)  # one step of input of a cell that reads images
ITEMS = dict.fromkeys(serving("next_frame"), IMAGE)
CASES = {
    name: Case(lambda cell=cell: cell(4), ITEMS.get(name, (3,))) for name, cell in CELLS.items()
} | {
    "rnn-taps": Case(lambda: RNN(4, taps=(1, 3))),
    "elman-whole": Case(lambda: Elman(4, truncate=False)),
    "jordan-whole": Case(lambda: Jordan(4, outputs=2, truncate=False)),
    "lstm-peepholes": Case(lambda: LSTM(4, peepholes=True)),
    "lstm-coupled": Case(lambda: LSTM(4, peepholes=True, coupled=True, chrono=9)),
    "gru-before": Case(lambda: GRU(4, reset="before")),
    "gru-none": Case(lambda: GRU(4, reset="none", chrono=9)),
    "indrnn-reach": Case(lambda: IndRNN(4, "tanh", reach=9)),
    "clockwork-three": Case(lambda: Clockwork(6, periods=(1, 2, 3))),
    "lru-real": Case(lambda: LRU(4, outputs=3, real=True)),  # as wide as its input
    "lmu-feedback": Case(lambda: LMU(4, order=3, memories=2, window=9, feedback=True)),
    "narx-gaps": Case(lambda: NARX(4, 2, input_delays=(0, 2), feedback_delays=(1, 4))),
    "narx-truth": Case(lambda: NARX(4, 2, (0, 2), feedback="truth"), item=(5,), truth=2),
    "narx-error": Case(lambda: NARX(4, 2, (0, 2), feedback="error"), item=(5,), truth=2),
    "narx-linear": Case(lambda: NARX(4, 2, (0, 2), (1, 3), linear_path=True)),
    "narx-deep": Case(lambda: NARX([4, 3], 2, feedback="truth"), item=(5,), truth=2),
    "narx-alone": Case(lambda: NARX(4, 2, (), feedback="truth"), item=(2,), truth=2),
    "feedback": Case(lambda: Feedback([GRU(4)], 2)),
    "feedback-truth": Case(lambda: Feedback([GRU(4)], 2, "truth"), item=(5,), truth=2),
    "feedback-two": Case(lambda: Feedback([LSTM(4), GRU(3)], 2)),
    "feedback-two-truth": Case(lambda: Feedback([LSTM(4), GRU(3)], 2, "truth"), item=(5,), truth=2),
    "residual": Case(lambda: Residual(GRU(3))),
    "time_aware": Case(lambda: TimeAware(LSTM(4)), holes=True),
    "feedback-images": Case(lambda: Feedback([ConvLSTM(2, 2)], 2), item=(4, 3, 1)),
    "conv_lstm-1d": Case(lambda: ConvLSTM(4, 3, peepholes=True), item=(5, 2)),
    "conv_lstm-2d": Case(lambda: ConvLSTM(3, (3, 2), peepholes=True), item=IMAGE),
    "conv_gru-before": Case(lambda: ConvGRU(3, (3, 2), reset="before"), item=IMAGE),
    "conv_lstm-valid": Case(
        lambda: ConvLSTM(2, (3, 2), peepholes=True, padding="valid", strides=(1, 2)), item=(5, 5, 2)
    ),
    "st_lstm-norm": Case(lambda: STLSTM(2, 1, layer_norm=True), item=(3, 1)),
    "conv_lstm-3d": Case(lambda: ConvLSTM(2, 2, peepholes=True), item=(3, 2, 2, 2)),
}
FEW_CASES = {name: CASES[name] for name in ("lstm", "narx-gaps", "lmu", "conv_lstm-2d")}
LOOPLESS = [name for name, case in CASES.items() if case.make().parallelizable]
PRODUCTS = [  # cells whose step is one product and what is done to it
    name
    for name, case in CASES.items()
    if isinstance(cell := case.make(), ProductCell) and cell.one_product
]
TRUTH_CASES = {name: case for name, case in CASES.items() if case.truth}

# JAX compiles each of these programs for longer than it runs. What is the same on every backend,
# or made of what the contract tests there, is left to the slow tests on JAX, and so are all but
# some of a kind. Of a cell's own tests the forward pass alone is quick there.
SLOW_ON_JAX = {
    "test_adapter_models.py",
    "test_analysis.py",
    "test_catalogue.py",
    "test_contract_weights.py",
    "test_convert.py",
    "test_narx_network.py",
    "test_segment.py",
}
QUICK_CASES = {*CELLS, *FEW_CASES, "narx-truth", "feedback", "residual", "time_aware"}
QUICK_OF_CELLS = ("test_forward", "test_it_gives_what_keras_gives")
QUICK_ON_JAX = {
    "test_it_acts_in_training_alone": {"gru", "lmu", "st_lstm"},
    "test_it_gives_what_keras_gives": {"gru", "nested", "images", "dropout-stacked"},
    "test_keras_own_loop_drops_the_same": {"lmu", "time_aware"},
    "test_without_a_loop_it_learns_as_with_one": {"tdnn", "lru", "narx-truth"},
}


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    if keras.config.backend() == "jax":
        for item in items:
            if Path(__file__).parent in item.path.parents and _slow_on_jax(item):
                item.add_marker(pytest.mark.slow)


def _slow_on_jax(item: pytest.Function) -> bool:
    if item.path.name in SLOW_ON_JAX:
        return True
    if item.path.parent.name == "cells" and item.originalname not in QUICK_OF_CELLS:
        return True
    quick = QUICK_ON_JAX.get(item.originalname, QUICK_CASES if "case" in item.fixturenames else ())
    return bool(quick) and not quick & set(map(str, item.callspec.params.values()))


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(params=FEW_CASES)
def few(request: pytest.FixtureRequest) -> Case:
    """For laws that the loop keeps, whatever the cell."""
    return CASES[request.param]


@pytest.fixture(params=LOOPLESS)
def parallelizable(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(params=PRODUCTS)
def product(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def cases() -> dict[str, Case]:
    return CASES


@pytest.fixture(params=TRUTH_CASES)
def truth_case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(name="built")
def built_fixture() -> Callable[..., RecurrentCell]:
    return built


@pytest.fixture
def convolved() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return convolution


def convolution(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Every channel with every kernel, by scipy, zeros beyond the edges."""
    result = np.zeros((*images.shape[:-1], kernel.shape[-1]))
    for item in range(len(images)):
        for source in range(kernel.shape[-2]):
            for target in range(kernel.shape[-1]):
                result[item, ..., target] += correlate(
                    images[item, ..., source], kernel[..., source, target], mode="constant"
                )
    return result
