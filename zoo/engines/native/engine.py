"""The engine that runs a cell by the compiled kernels."""

from collections.abc import Callable
from typing import Any

from keras import ops

from ...backend import foreign
from ...cells import GRU, IRNN, RNN, SCRN, SLSTM, Elman, IndRNN, Jordan
from ...cells.lstm import LSTM
from ..base import Engine, Result
from . import plan as plans
from .kernel import Kernel, number_of_threads
from .library import why_missing
from .plan import ACTIVATIONS, OPTIONS, Plan, names_of

#: What the kernels compute, by the class of the cell: a subclass may compute something else.
PLANS: dict[type, Callable[[Any, int], Plan]] = {
    LSTM: plans.lstm,
    GRU: plans.gru,
    RNN: plans.rnn,
    IRNN: plans.rnn,
    Elman: plans.rnn,
    IndRNN: plans.indrnn,
    SCRN: plans.scrn,
    Jordan: plans.jordan,
    SLSTM: plans.slstm,
}

#: Steps from which a kernel was faster than the loop in training and no slower in prediction, with
#: batches of 1 to 256 and up to 128 units (November 2026, benchmarks/cells.py); sequences of
#: unknown length count as long.
FASTER_FROM: dict[type, int] = {
    **dict.fromkeys((SCRN, SLSTM), 12),
    **dict.fromkeys((LSTM, GRU), 24),
    **dict.fromkeys((RNN, IRNN, Elman, IndRNN, Jordan), 48),
}


class Native(Engine):
    """Runs all steps in one call of a compiled kernel, forward and backward, on a CPU."""

    def supports(self, cell: Any, steps: int | None) -> str | None:
        name = type(cell).__name__
        if type(cell) not in PLANS:
            return f"There is no compiled kernel for {name}"
        if {cell.compute_dtype, cell.variable_dtype} != {"float32"}:
            return f"The compiled kernels compute in float32, not in {cell.dtype_policy.name}"
        if unknown := [f for f in names_of(cell) if f not in ACTIVATIONS]:
            known = ", ".join(ACTIVATIONS)
            return f"The compiled kernel of {name} knows the activations {known}, not {unknown[0]}"
        if len(getattr(cell, "taps", ())) > OPTIONS - 4:
            return f"The compiled kernel of {name} takes at most {OPTIONS - 4} taps"
        return foreign.why_not_here() or why_missing()

    def is_default(self, cell: Any, steps: int | None, batch: int | None = None) -> bool:
        least = FASTER_FROM.get(type(cell))
        if least is None or (steps is not None and steps < least):
            return False
        return self.supports(cell, steps) is None and not foreign.has_accelerator()

    def runs_here(self, unasked: bool) -> bool:
        return foreign.may_call(unasked)

    def run(
        self, cell: Any, sequences: Any, states: list[Any], mask: Any = None, need: str = "last"
    ) -> Result:
        x = ops.cast(cell.seen(sequences), "float32")
        plan = PLANS[type(cell)](cell, x.shape[-1])
        kernel = Kernel(plan, need, number_of_threads(foreign.threads_of_backend()))
        arrays = [x, *states, *map(ops.convert_to_tensor, plan.weights)]
        drop = cell.recurrent_factors()
        batch, time = x.shape[:2]
        shapes = [(batch, time, n) if timed else (batch, n) for timed, n in kernel.returned]
        found = foreign.call(kernel, arrays, mask, drop, shapes)
        if need == "last":
            return Result(found)
        if need == "outputs":
            return Result(found[1:], found[0])
        return Result([every[:, -1] for every in found], found[0], found)
