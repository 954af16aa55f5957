"""The candidates of an `AutoForecaster`: networks and baselines that suit the data."""

from collections.abc import Sequence
from typing import Any

from ....datasets import TimeSeriesPanel
from ....zoo.factory import CellLike, cell_factory
from ..recipe import FEW, MUCH, default_window, segment_rows
from ..strategies.names import STRATEGIES

EFFORTS = ("quick", "balanced", "thorough")
SEASONS = 3  # least seasons of training rows whose seasonal differences a network reads
SLOW_SERIES = 50  # series up to which exponential smoothing is fitted to each

#: Baselines that are fitted to each series in milliseconds, and those that take up to a second.
FAST = ("linear-ar", "linear-ar-log")
FAST_SEASONAL = ("seasonal-ar", "seasonal-ar-log")
SLOW = ("ets", "ets-log")
#: Only where exponential smoothing is too slow, which includes them: their errors are often near
#: the best ones by chance, and they then spoil the mean.
NAIVE = ("naive-last", "naive-seasonal")


def baseline_candidates(panel: TimeSeriesPanel) -> list[str]:
    """Names of the baselines to try."""
    seasonal = FAST_SEASONAL if panel.schema.season > 1 else ()
    if len(panel) <= SLOW_SERIES:
        return [*FAST, *seasonal, *SLOW]
    return [*NAIVE[: 2 if seasonal else 1], *FAST, *seasonal]


def network_candidates(
    training: Sequence[int], season: int, cells: Sequence[CellLike], horizon: int, effort: str
) -> dict[str, dict[str, Any]]:
    """Settings of the networks to try, by name.

    Args:
        training: number of training rows of each series.
        season: number of rows in a season.
        cells: cells to try.
        horizon: number of leads.
        effort: name in `EFFORTS`.
    """
    seeds = 3 if effort == "thorough" else 1
    found = {}
    for name, cell in _named(cells).items():
        variants = _variants(training, season, cell, horizon)
        count = {"quick": 1, "balanced": 2, "thorough": len(variants)}[effort]
        for suffix, settings in list(variants.items())[:count]:
            for seed in range(seeds):
                label = "-".join([name, *([suffix] if suffix else [])])
                label += f"-{seed + 1}" if seeds > 1 else ""
                found[label] = {"cell": cell, "seed": seed} | settings
    return found


def _named(cells: Sequence[CellLike]) -> dict[str, CellLike]:
    """Cells by name; the second and later ones of a name are numbered: `gru`, `gru (2)`."""
    found: dict[str, CellLike] = {}
    for cell in cells:
        name = label = cell_factory(cell).name
        number = 1
        while label in found:
            number += 1
            label = f"{name} ({number})"
        found[label] = cell
    return found


def _variants(
    training: Sequence[int], season: int, cell: CellLike, horizon: int
) -> dict[str, dict[str, Any]]:
    """Settings of the networks of one cell, the most reliable first."""
    rows = sum(training)
    if rows < FEW:
        difference = "season" if 1 < season <= min(training) // SEASONS else "step"
        return {"difference": {"difference": difference, "transform": "auto"}}
    level: dict[str, Any] = {} if rows >= MUCH else {"transform": "auto"}
    w = segment_rows(season, horizon)
    few = default_window(training, horizon, w) < 2 * w
    if few or STRATEGIES["segment"] not in cell_factory(cell).kind.serves:
        return {"": level, "difference": level | {"difference": "step"}}
    windows, level = level | {"strategy": "segment"}, level | {"strategy": "stateful"}
    segments = {
        "segment": windows | {"window_normalization": "last"},
        "instance": windows | {"window_normalization": "instance"},
    }
    carried = rows >= MUCH and len(training) == 1 and horizon < 2 * w
    return {"": level} | segments if carried else segments | {"": level}
