"""The cells, by name."""

from .base import RecurrentCell
from .elman import Elman
from .feedback import Feedback
from .gru import GRU
from .jordan import Jordan
from .lstm import LSTM
from .narx import NARX
from .rnn import RNN

CELLS: dict[str, type[RecurrentCell]] = {
    "rnn": RNN,
    "elman": Elman,
    "jordan": Jordan,
    "narx": NARX,
    "lstm": LSTM,
    "gru": GRU,
}

__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "NARX",
    "RNN",
    "Elman",
    "Feedback",
    "Jordan",
    "RecurrentCell",
]
