"""Settings of a next-frame network: typed, and checked when they are made."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from ...errors import ArgumentError, positive, seed_number, whole_number
from ...zoo.cells import serving
from ...zoo.engines import choose_engine
from ...zoo.factory import CellFactory, CellLike, cell_factory
from ..training import losses, optimizers
from ..training.keras_settings import LossLike, OptimizerLike
from ..training.losses import loss_of
from ..training.optimizers import check_optimizer

COUNTS = (
    "context", "horizon", "filters", "layers", "patch", "epochs", "clips_per_epoch", "batch_size",
    "patience",
)  # fmt: skip
LEARNING_RATE = 0.004  # where none is set
SET_BY_PIPELINE = {"filters", "units", "name", "dtype"}  # arguments of a cell


@dataclass(frozen=True)
class Settings:
    """Settings of a `NextFrame`, which documents them; made by `from_params`."""

    cell: CellLike
    context: int
    horizon: int
    filters: int
    layers: int
    patch: int
    seed: int
    epochs: int
    clips_per_epoch: int
    batch_size: int
    patience: int
    learning_rate: float | None
    cell_options: dict[str, Any] | None
    engine: str
    optimizer: OptimizerLike | None
    loss: LossLike | None

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> "Settings":
        """Checks the parameters of an estimator and gives each its type.

        Args:
            params: what `get_params` returns.

        Raises:
            ArgumentError, ArgumentTypeError: a setting that cannot be used.
        """
        typed = dict(params)
        typed |= {name: whole_number(name, params[name]) for name in COUNTS}
        typed["seed"] = seed_number(params["seed"])
        if params["learning_rate"] is not None:
            typed["learning_rate"] = positive("learning_rate", params["learning_rate"])
        if isinstance(params["cell_options"], dict):  # a copy: the user may change theirs later
            typed["cell_options"] = dict(params["cell_options"])
        check_optimizer(params)
        loss_of(params["loss"])
        settings = cls(**typed)
        settings._check_cell()
        return settings

    def to_dict(self) -> dict[str, Any]:
        """The settings as `get_params` returns them, by name in alphabetical order."""
        return {name: getattr(self, name) for name in sorted(field.name for field in fields(self))}

    @property
    def factory(self) -> CellFactory:
        """What makes the cells of the network."""
        return cell_factory(self.cell)

    @property
    def rate(self) -> float:
        """The learning rate of an optimizer that is given by name."""
        return LEARNING_RATE if self.learning_rate is None else self.learning_rate

    def as_used(self) -> dict[str, Any]:
        """The settings for reports: defaults filled in, optimizer and loss in words, and the
        learning rate and schedule of an optimizer that has its own."""
        own = optimizers.own_settings(self.optimizer) or {"learning_rate": self.rate}
        return self.to_dict() | own | {
            "optimizer": optimizers.described(self.optimizer),
            "loss": losses.described(self.loss, "mse"),
        }  # fmt: skip

    def _check_cell(self) -> None:
        factory = self.factory
        if "next_frame" not in factory.kind.serves:
            raise ArgumentError(
                f"`{factory.name}` serves {', '.join(factory.kind.serves)}, not next frames: it "
                f"reads the rows of a table. Cells that read images: "
                f"{', '.join(serving('next_frame'))}."
            )
        width = factory.own_units or self.filters
        factory.check(width, self.cell_options, SET_BY_PIPELINE)
        factory.check_reads((8, 8, 4), "images")
        choose_engine(self.engine, factory.make(self.filters), None)
