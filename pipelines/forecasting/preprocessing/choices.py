"""What a transform chooses by the data, and what it asks of them."""

import numpy as np

from ....datasets import TimeSeries, TimeSeriesPanel
from ....errors import DataError
from .power import STEEP, spread_by_level

BLOCK = 20  # rows over which a swing is measured where there is no season


def chosen_power(training: TimeSeriesPanel, given: TimeSeriesPanel) -> str | None:
    """The logarithm, where the swings of most series grow with their level; `None` where they do
    not, where a value of all that are `given` is not above 0, or where too little is known."""
    lowest = min(float(np.nanmin(series.values(["y"]), initial=np.inf)) for series in given)
    if lowest <= 0:
        return None
    season = training.schema.season
    block = season if season > 1 else BLOCK
    slopes = [spread_by_level(series.values(["y"])[:, 0], block) for series in training]
    known = [slope for slope in slopes if slope == slope]
    return "log" if 2 * len(known) > len(slopes) and np.median(known) > STEEP else None


def require_together(several: list[TimeSeries], ids: list[str]) -> None:
    """Sees to it that mixed channels can be read side by side.

    Raises:
        DataError: they are not all there in order, or their times differ.
    """
    found = [series.unique_id for series in several]
    if found != ids:
        raise DataError(
            "Mixed channels are read side by side: give every series that was fitted, in that "
            f"order ({', '.join(ids[:3])} …). Received: {', '.join(found[:3])} …"
        )
    first = several[0]
    for series in several[1:]:
        if not series.times.equals(first.times):
            raise DataError(
                f"Mixed channels are read side by side: series {series.unique_id!r} has other "
                f"times than {first.unique_id!r}. Cut them to the times that all have, or leave "
                'channels="mixed" out.'
            )
