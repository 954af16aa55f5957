"""The cells, by name."""

from .base import RecurrentCell
from .conv_lstm import ConvLSTM
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
    "conv_lstm": ConvLSTM,
}


def serving(*uses: str) -> list[str]:
    """Names of the cells that serve one of these uses, e.g. `"carried"` or `"next_frame"`."""
    return [name for name, cell in CELLS.items() if set(uses) & set(cell.serves)]


__all__ = [
    "CELLS",
    "GRU",
    "LSTM",
    "NARX",
    "RNN",
    "ConvLSTM",
    "Elman",
    "Feedback",
    "Jordan",
    "RecurrentCell",
    "serving",
]
