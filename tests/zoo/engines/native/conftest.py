"""Every form of every cell that has a kernel."""

import shutil
from collections.abc import Callable

import keras
import pytest
from rnnzoo.zoo.cells import (
    GRU,
    IRNN,
    LSTM,
    RNN,
    SCRN,
    SLSTM,
    Elman,
    IndRNN,
    Jordan,
    RecurrentCell,
)
from rnnzoo.zoo.engines.native.library import why_missing

FORMS: dict[str, Callable[[int], RecurrentCell]] = {
    "lstm": LSTM,
    "lstm-peepholes": lambda n: LSTM(n, peepholes=True),
    "lstm-coupled": lambda n: LSTM(n, coupled=True),
    "lstm-coupled-peepholes": lambda n: LSTM(n, peepholes=True, coupled=True),
    "lstm-hard": lambda n: LSTM(n, activation="relu", recurrent_activation="hard_sigmoid"),
    "lstm-no-bias": lambda n: LSTM(n, use_bias=False),
    "gru": GRU,
    "gru-before": lambda n: GRU(n, reset="before"),
    "gru-none": lambda n: GRU(n, reset="none"),
    "gru-linear": lambda n: GRU(n, activation=None),
    "gru-no-bias": lambda n: GRU(n, use_bias=False),
    "rnn": RNN,
    "rnn-taps": lambda n: RNN(n, taps=(1, 3)),
    "irnn": IRNN,
    "elman": Elman,
    "elman-whole": lambda n: Elman(n, truncate=False),
    "indrnn": lambda n: IndRNN(n, "tanh"),
    "scrn": SCRN,
    "jordan": lambda n: Jordan(n, outputs=3, output_activation="sigmoid"),
    "jordan-whole": lambda n: Jordan(n, outputs=3, truncate=False),
    "slstm": SLSTM,
}


@pytest.fixture(autouse=True)
def kernels() -> None:
    if keras.config.backend() != "tensorflow":
        pytest.skip("the kernels run on TensorFlow")
    if (why := why_missing()) is not None:
        if shutil.which("cc") is None:
            pytest.skip(why)
        pytest.fail(f"There is a compiler, but: {why}")


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Callable[[int], RecurrentCell]:
    return FORMS[request.param]
