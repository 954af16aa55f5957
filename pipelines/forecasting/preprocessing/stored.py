"""The values of a fitted transform in a file, typed and checked."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ....datasets import Schema
from ...storage.restoring import typed
from .scaling import Scaler
from .transform import Transform


@dataclass(frozen=True)
class StoredScaler:
    """A `Scaler` as `to_dict` returns it."""

    mean: list[float]
    scale: list[float]

    def restored(self, columns: int) -> Scaler:
        """The scaler of some columns.

        Raises:
            ValueError: it is of other columns, or divides by zero.
        """
        if not len(self.mean) == len(self.scale) == columns or 0 in self.scale:
            raise ValueError(f"a scaler is not one of {columns} columns")
        scaler = Scaler()
        scaler.mean_, scaler.scale_ = np.array(self.mean), np.array(self.scale)
        return scaler


@dataclass(frozen=True)
class StoredTransform:
    """A `Transform` as `to_dict` returns it."""

    difference: str | None
    scaling: str
    span: int
    mixed: bool
    power: str | None
    cycles: tuple[str, ...]
    powers: dict[str, float]
    known: dict[str, StoredScaler]
    level: dict[str, StoredScaler]
    future: StoredScaler
    static: StoredScaler
    statics: dict[str, tuple[float, ...]]

    @classmethod
    def checked(cls, schema: Schema, plain: Any) -> "StoredTransform":
        """Reads plain values.

        Raises:
            ValueError: values of other types, or of other series than one another.
        """
        stored = typed(cls, plain)
        ids = list(stored.known)
        others = [[*stored.level], [*stored.statics], [*stored.powers] or ids]
        if any(one != ids for one in others) or bool(stored.power) != bool(stored.powers):
            raise ValueError("its series are not the same everywhere")
        if any(len(values) != len(schema.static) for values in stored.statics.values()):
            raise ValueError(f"it has not {len(schema.static)} static covariates")
        if stored.span < 1:
            raise ValueError(f"its span is {stored.span}")
        return stored


def restored_transform(schema: Schema, plain: Any) -> Transform:
    """The transform whose `to_dict` returned the plain values.

    Raises:
        ValueError: the values are of something else.
    """
    stored = StoredTransform.checked(schema, plain)
    transform = Transform(
        schema, stored.difference, scaling=stored.scaling, span=stored.span, mixed=stored.mixed
    )
    seen = 1 + len(schema.past)
    transform.power_, transform.powers_ = stored.power, stored.powers
    transform.cycles_ = stored.cycles
    transform.known_ = {one: each.restored(seen) for one, each in stored.known.items()}
    transform.places_ = {one: k for k, one in enumerate(stored.known)}
    transform.level_ = {one: each.restored(seen) for one, each in stored.level.items()}
    transform.future_ = stored.future.restored(len(schema.future))
    transform.static_ = stored.static.restored(len(schema.static))
    transform.statics_ = stored.statics
    return transform
