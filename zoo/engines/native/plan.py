"""What the driver has to know of a cell: its weights as blocks of padded matrices, its states as
pieces of a padded row, and its stages, each one product. `docs/engines.md` explains it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

STAGES, OPTIONS = 2, 16  # as in kernels/plan.h
LANES, PANEL = 8, 16  # VL and NT of kernels/vectors.h
INPUT, READ, BIAS, PARAMETER = range(4)

#: Activations whose slope follows from their result, by the numbers in kernels/vectors.h.
ACTIVATIONS = {"tanh": 0, "sigmoid": 1, "relu": 2, "linear": 3, "hard_sigmoid": 4}


def padded(width: int, to: int = LANES) -> int:
    return -(-width // to) * to


@dataclass(frozen=True)
class Stage:
    """One product, z = x W + a V + b: see kernels/plan.h."""

    width: int
    reading: int
    read: int
    stored: int
    input: bool = True


@dataclass
class Plan:
    """A cell for the driver; `weights` are those that it reads, in the order of their numbers."""

    cell: int
    features: int
    options: list[int]
    constants: list[float] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    blocks: list[tuple[int, ...]] = field(default_factory=list)
    pieces: list[tuple[int, int, int, int]] = field(default_factory=list)
    channels: list[int] = field(default_factory=list)
    weights: list[Any] = field(default_factory=list)
    state_width: int = 0
    parameters: int = 0
    structure: Any = None  # the same for C, once it is made

    def stage(
        self,
        blocks: int,
        read: int,
        reading: int | None = None,
        stored: int = 0,
        input: bool = True,
    ) -> Self:
        """Adds a stage: columns of its gates, of what it reads, of those gates that read, and of
        what is stored behind the gates."""
        reading = (blocks if reading is None else reading) if read else 0
        width = padded(blocks, PANEL)
        self.stages.append(Stage(width, reading, read, max(width, blocks + stored), input))
        return self

    def state(self, channels: int, *widths: int) -> Self:
        """Adds a state, in pieces of these widths that are padded each."""
        offset = 0
        for width in widths or (channels,):
            self.pieces.append((len(self.channels), offset, width, self.state_width))
            offset, self.state_width = offset + width, self.state_width + padded(width)
        self.channels.append(channels)
        return self

    def block(
        self, weight: Any, kind: int, stage: int = 0, row: int = 0, column: int = 0,
        first: int = 0, columns: int | None = None,
    ) -> Self:  # fmt: skip
        """Places columns `first …` of a weight, by default all; a vector is one row. A bias that a
        cell does not have is skipped."""
        if isinstance(weight, float):
            return self
        shape = tuple(weight.shape)
        rows, stride = (1, shape[0]) if len(shape) == 1 else shape
        columns = stride if columns is None else columns
        number = next((k for k, w in enumerate(self.weights) if w is weight), len(self.weights))
        if number == len(self.weights):
            self.weights.append(weight)
        self.blocks.append((kind, stage, number, first, stride, rows, columns, row, column))
        return self

    def gates(self, weight: Any, kind: int, units: int, places: Iterable[int]) -> Self:
        """Places the gates of a weight, `units` columns each, at padded places in stage 0."""
        for k, place in enumerate(places):
            self.block(weight, kind, 0, 0, place * padded(units), k * units, units)
        return self


def activations(*names: str) -> list[int]:
    return [ACTIVATIONS[name] for name in names]


def lstm(cell: Any, features: int) -> Plan:
    n, up = cell.units, padded(cell.units)
    gates = range(3 if cell.coupled else 4)
    options = [up, *activations(cell.activation, cell.recurrent_activation)]
    plan = Plan(0, features, [*options, int(cell.peepholes), int(cell.coupled)])
    plan.stage(len(gates) * up, up, stored=up)
    for weight, kind in ((cell.W, INPUT), (cell.U, READ), (cell.b, BIAS)):
        plan.gates(weight, kind, n, gates)
    if cell.peepholes:  # i, f, o: rows of one weight, where i, f, g would be
        count = len(gates) - 1
        plan.parameters = count * up
        for k in range(count):
            plan.blocks.append((PARAMETER, 0, len(plan.weights), k * n, n, 1, n, 0, k * up))
        plan.weights.append(cell.p)
    plan.state(n).state(n)
    return plan


def gru(cell: Any, features: int) -> Plan:
    n, up = cell.units, padded(cell.units)
    forms = ("after", "before", "none")
    options = [up, *activations(cell.activation, cell.recurrent_activation)]
    plan = Plan(1, features, [*options, forms.index(cell.reset)])
    plan.state(n)
    if cell.reset == "after":
        plan.stage(4 * up, up, reading=3 * up)
        plan.gates(cell.W, INPUT, n, (0, 1, 3)).gates(cell.b, BIAS, n, (0, 1, 3))
        plan.gates(cell.U, READ, n, (0, 1, 2))
        plan.block(cell.b2, BIAS, column=2 * up)
        return plan
    plan.stage(2 * up, up)
    if cell.reset == "before":
        plan.stage(up, up)
    for weight, kind in ((cell.W, INPUT), (cell.U, READ), (cell.b, BIAS)):
        plan.gates(weight, kind, n, (0, 1))
        if cell.reset == "before":
            plan.block(weight, kind, 1, first=2 * n, columns=n)
    return plan


def rnn(cell: Any, features: int) -> Plan:
    """Also of Elman's network and rectified units."""
    n, up = cell.units, padded(cell.units)
    taps = getattr(cell, "taps", [1])
    recurrent = cell.U if isinstance(cell.U, list) else [cell.U]
    truncated = int(getattr(cell, "truncate", False))
    plan = Plan(2, features, [up, *activations(cell.activation), truncated, len(taps), *taps])
    plan.stage(up, len(taps) * up)
    plan.block(cell.W, INPUT).block(cell.b, BIAS)
    for k, weight in enumerate(recurrent):
        plan.block(weight, READ, row=k * up)
    for _ in range(max(taps)):
        plan.state(n)
    return plan


def indrnn(cell: Any, features: int) -> Plan:
    up = padded(cell.units)
    plan = Plan(3, features, [up, *activations(cell.activation)], parameters=up)
    plan.stage(up, 0)
    plan.block(cell.W, INPUT).block(cell.b, BIAS).block(cell.u, PARAMETER)
    plan.state(cell.units)
    return plan


def scrn(cell: Any, features: int) -> Plan:
    up, wide = padded(cell.units), padded(cell.context)
    plan = Plan(4, features, [up, wide], [cell.alpha])
    plan.stage(wide, 0).stage(up, up + wide)
    plan.block(cell.B, INPUT).block(cell.A, INPUT, 1)
    plan.block(cell.R, READ, 1).block(cell.P, READ, 1, row=up)
    plan.state(cell.units + cell.context, cell.units, cell.context)
    return plan


def jordan(cell: Any, features: int) -> Plan:
    up, out = padded(cell.units), padded(cell.outputs)
    kinds = activations(cell.activation, cell.output_activation)
    plan = Plan(5, features, [out, *kinds, int(cell.truncate), up], [cell.mu])
    plan.stage(up, out).stage(out, up, input=False)
    plan.block(cell.W, INPUT).block(cell.b, BIAS).block(cell.V, READ)
    plan.block(cell.O, READ, 1).block(cell.d, BIAS, 1)
    plan.state(cell.outputs).state(cell.outputs)
    return plan


def slstm(cell: Any, features: int) -> Plan:
    n, up = cell.units, padded(cell.units)
    plan = Plan(6, features, [up])
    plan.stage(4 * up, up, stored=3 * up)
    for weight, kind in ((cell.W, INPUT), (cell.U, READ), (cell.b, BIAS)):
        plan.gates(weight, kind, n, range(4))
    for _ in range(4):
        plan.state(n)
    return plan


def names_of(cell: Any) -> Sequence[str]:
    """The activations of a cell."""
    names = ("activation", "recurrent_activation", "output_activation")
    return [getattr(cell, name) for name in names if hasattr(cell, name)]
