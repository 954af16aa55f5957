"""The cells, by name."""

from typing import Any

from .adapter import KerasCell, as_cell
from .base import RecurrentCell
from .clockwork import Clockwork
from .conv_gru import ConvGRU
from .conv_lstm import ConvLSTM
from .elman import Elman
from .feedback import Feedback
from .gru import GRU
from .indrnn import IndRNN
from .irnn import IRNN
from .jordan import Jordan
from .lmu import LMU
from .lru import LRU
from .lstm import LSTM
from .min_gru import MinGRU
from .min_lstm import MinLSTM
from .narx import NARX
from .residual import Residual
from .rnn import RNN
from .scrn import SCRN
from .slstm import SLSTM
from .st_lstm import STLSTM
from .tdnn import TDNN
from .time_aware import TimeAware

#: Classes of cells by name; `Any` to type checkers, for their first arguments differ.
CELLS: dict[str, type[Any]] = {
    "tdnn": TDNN,
    "rnn": RNN,
    "elman": Elman,
    "jordan": Jordan,
    "narx": NARX,
    "irnn": IRNN,
    "indrnn": IndRNN,
    "lstm": LSTM,
    "gru": GRU,
    "scrn": SCRN,
    "clockwork": Clockwork,
    "min_gru": MinGRU,
    "min_lstm": MinLSTM,
    "lru": LRU,
    "lmu": LMU,
    "slstm": SLSTM,
    "conv_lstm": ConvLSTM,
    "conv_gru": ConvGRU,
    "st_lstm": STLSTM,
}

#: Cells around other cells.
WRAPPERS: dict[str, type[RecurrentCell]] = {
    "feedback": Feedback,
    "keras": KerasCell,
    "residual": Residual,
    "time_aware": TimeAware,
}


def serving(*uses: str) -> list[str]:
    """Names of the cells that serve one of these uses, e.g. `"stateful"` or `"next_frame"`."""
    return [name for name, cell in CELLS.items() if set(uses) & set(cell.serves)]


__all__ = [
    "CELLS",
    "GRU",
    "IRNN",
    "LMU",
    "LRU",
    "LSTM",
    "NARX",
    "RNN",
    "SCRN",
    "SLSTM",
    "STLSTM",
    "TDNN",
    "WRAPPERS",
    "Clockwork",
    "ConvGRU",
    "ConvLSTM",
    "Elman",
    "Feedback",
    "IndRNN",
    "Jordan",
    "KerasCell",
    "MinGRU",
    "MinLSTM",
    "RecurrentCell",
    "Residual",
    "TimeAware",
    "as_cell",
    "serving",
]
