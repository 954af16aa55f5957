"""Choices that a transform makes by the data, and its requirements."""

import numpy as np

from ....datasets import TimeSeries, TimeSeriesPanel
from ....errors import DataError
from .power import STEEP, spread_by_level

BLOCK = 20  # rows over which a swing is measured where there is no season


def choose_power(training: TimeSeriesPanel, given: TimeSeriesPanel) -> str | None:
    """The transform for `"auto"`: the logarithm where the variation of most series grows with
    their level; else, or where a `given` value is not above 0 or too little is known, `None`."""
    lowest = min(float(np.nanmin(series.values(["y"]), initial=np.inf)) for series in given)
    if lowest <= 0:
        return None
    season = training.schema.season
    block = season if season > 1 else BLOCK
    slopes = [spread_by_level(series.values(["y"])[:, 0], block) for series in training]
    known = [slope for slope in slopes if slope == slope]
    return "log" if 2 * len(known) > len(slopes) and np.median(known) > STEEP else None


def require_aligned(several: list[TimeSeries], ids: list[str]) -> None:
    """Checks that series can be read as mixed channels.

    Raises:
        DataError: series are missing or in another order, or their times differ.
    """
    present = [series.unique_id for series in several]
    if present != ids:
        raise DataError(
            "Mixed channels are read side by side: give every series that was fitted, in that "
            f"order ({', '.join(ids[:3])} …). Received: {', '.join(present[:3])} …"
        )
    first = several[0]
    for series in several[1:]:
        if not series.times.equals(first.times):
            raise DataError(
                f"Mixed channels are read side by side: series {series.unique_id!r} has other "
                f"times than {first.unique_id!r}. Cut them to the times that all have, or leave "
                'channels="mixed" out.'
            )
