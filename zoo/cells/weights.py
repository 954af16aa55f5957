"""Options for all weights of one role, as in Keras's own layers."""

from typing import Any

import keras

from ...errors import ArgumentError
from . import checks

ROLES = ("kernel", "recurrent", "bias")
KINDS = ("initializer", "regularizer", "constraint")
WEIGHT_ARGUMENTS = tuple(f"{role}_{kind}" for kind in KINDS for role in ROLES)


class WeightOptions:
    """The initializers, regularizers and constraints that a cell was given, by role.

    Args:
        cell: class of the cell, which names its roles.
        use_bias: whether there are biases.
        arguments: options by name, e.g. `kernel_regularizer`; `None` for the cell's own.

    Attributes:
        given: options that are not `None`, as plain values.

    Raises:
        ArgumentTypeError, ArgumentError: Keras has no such object, or the cell has no weight of
            that role.
    """

    def __init__(self, cell: type, use_bias: bool, arguments: dict[str, Any]):
        self.given: dict[str, Any] = {}
        roles = set(cell.roles.values())  # type: ignore[attr-defined]
        if not use_bias and "bias" not in roles:
            raise ArgumentError(f"{cell.__name__} has no bias. Received: use_bias=False")
        for name, value in arguments.items():
            role, kind = name.split("_")
            if value is None:
                continue
            there = role in roles and (role != "bias" or use_bias)
            if not there:
                raise ArgumentError(
                    f"{cell.__name__} has no {role} weights"
                    f"{' without its biases' if role in roles else ''}. Received: {name}={value!r}"
                )
            self.given[name] = getattr(checks, kind)(name, value)

    def refuse(self, role: str, why: str) -> None:
        """Refuses options for a role.

        Raises:
            ArgumentError: an option is given; the message gives the reason.
        """
        for name, value in self.given.items():
            if name.startswith(role):
                raise ArgumentError(f"{why}. Received: {name}={value!r}")

    def of(self, role: str | None, weight: str, own: dict[str, Any]) -> dict[str, Any]:
        """Arguments of `add_weight` that override the cell's own.

        Args:
            role: role of the weight.
            weight: name of the weight.
            own: arguments that the cell gives.

        Raises:
            ArgumentError: the cell constrains or regularizes this weight itself.
        """
        options: dict[str, Any] = {}
        for kind in KINDS:
            value = self.given.get(f"{role}_{kind}")
            if value is None:
                continue
            if kind != "initializer" and own.get(kind) is not None:
                raise ArgumentError(
                    f"The weight {weight} has a {kind} of its own as the cell is set. "
                    f"Received: {role}_{kind}={value!r}"
                )
            options[kind] = getattr(keras, f"{kind}s").get(value)
        return options
