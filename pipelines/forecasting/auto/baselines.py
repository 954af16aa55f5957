"""The baselines of one series that forecast together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....messages import counted
from ..baselines.base import FittedBaseline
from ..baselines.naive import LastValue, SeasonalValue
from ..baselines.table import fit_baseline, restored
from ..baselines.variants import OfLogarithm


@dataclass(frozen=True)
class SeriesBaselines:
    """Baselines of one series, after some row of it or before the first one.

    Attributes:
        members: those that could be fitted, by name.
        stand_in: seasonal or last value, which forecasts where nothing else can.
    """

    members: dict[str, FittedBaseline]
    stand_in: FittedBaseline

    @classmethod
    def fit(
        cls, y: np.ndarray, names: Iterable[str], horizon: int, season: int
    ) -> tuple["SeriesBaselines", dict[str, str]]:
        """Fits baselines to training rows `y (rows,)`.

        Returns:
            Those that could be fitted, before the first row; and the reasons of the others.
        """
        members, failures = {}, {}
        for name in names:
            try:
                fitted = fit_baseline(name, y, horizon, season)
            except (ArithmeticError, np.linalg.LinAlgError, ValueError) as problem:
                failures[name] = str(problem)
                continue
            if fitted is None:
                failures[name] = _why_unfit(name, y, season)
            else:
                members[name] = fitted
        return cls(members, SeasonalValue(season) if season > 1 else LastValue()), failures

    def roll(
        self, y: np.ndarray, origins: np.ndarray, leads: int
    ) -> tuple[dict[str, np.ndarray], np.ndarray, "SeriesBaselines"]:
        """Reads the rows that follow, and forecasts from some of them; as `FittedBaseline.roll`.

        Returns:
            Forecasts by name, those of `stand_in`, and these baselines after the rows.
        """
        rolled = {name: one.roll(y, origins, leads) for name, one in self.members.items()}
        forecasts = {name: made for name, (made, _) in rolled.items()}
        naive, stand_in = self.stand_in.roll(y, origins, leads)
        return (
            forecasts,
            naive,
            SeriesBaselines({n: one for n, (_, one) in rolled.items()}, stand_in),
        )

    def after(self, y: np.ndarray) -> "SeriesBaselines":
        """These baselines after the rows that follow."""
        return self.roll(y, np.empty(0, int), 1)[2]

    def restarted(self, y: np.ndarray) -> "SeriesBaselines":
        """These baselines before the first row of another history `y (rows,)`, without those for
        which it is too short."""
        again = {name: one.restarted(y) for name, one in self.members.items()}
        there = {name: one for name, one in again.items() if one is not None}
        return replace(self, members=there, stand_in=self.stand_in.restarted(y) or self.stand_in)

    def select(self, names: Sequence[str]) -> "SeriesBaselines":
        """Some of these baselines."""
        return replace(self, members={n: one for n, one in self.members.items() if n in names})

    @property
    def of_logarithms(self) -> list[str]:
        """The names of those that read the logarithm."""
        return [name for name, one in self.members.items() if isinstance(one, OfLogarithm)]

    def to_plain(self) -> tuple[dict[str, Any], list[np.ndarray]]:
        """The kinds as plain values, and all numbers as arrays."""
        kind, arrays = self.stand_in.to_plain()
        kinds = {}
        for name, one in self.members.items():
            kinds[name], own = one.to_plain()
            arrays += own
        return {"stand_in": kind, "members": kinds}, arrays

    @classmethod
    def from_plain(cls, kinds: dict[str, Any], arrays: Iterable[np.ndarray]) -> "SeriesBaselines":
        """The baselines of which `to_plain` returned the kinds, and the next arrays."""
        remaining = iter(arrays)
        stand_in = restored(kinds["stand_in"], remaining)
        members = {name: restored(kind, remaining) for name, kind in kinds["members"].items()}
        return cls(members, stand_in)


def _why_unfit(name: str, y: np.ndarray, season: int) -> str:
    """Why a baseline could not be fitted to training rows `y (rows,)`, in a phrase."""
    if name.endswith("-log") and (y <= 0).any():
        return "a training value is not above 0, and it reads the logarithm"
    there = ~np.isnan(y)
    begun = y[np.argmax(there) :]
    if "seasonal" in name and season == 1:
        return "there is no season"
    if "seasonal" in name and len(begun) > season and np.isnan(begun[season]):
        return "the value one season after the first one is missing"
    return f"too few rows: {counted(int(there.sum()), 'known training value')}"
