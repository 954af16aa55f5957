"""What all charts share: figures without a window, and line styles for black and white."""

import io
from typing import Any
from zoneinfo import ZoneInfo

from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

#: Line styles that can be distinguished without color.
LINES: list[Any] = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 4))]


class Chart(Figure):
    """A figure that notebooks show by themselves, whatever their settings of matplotlib."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


def axes(width: float, height: float = 4) -> tuple[Figure, Any]:
    """A figure with one pair of axes, `width` and `height` in inches."""
    figure = Chart(figsize=(width, height), dpi=120, layout="constrained")
    pair = figure.subplots()
    pair.spines[["top", "right"]].set_visible(False)
    pair.grid(axis="y", color="0.92")
    pair.set_axisbelow(True)  # the grid behind bands too
    return figure, pair


def dates(axes: Any, zone: str = "") -> None:
    """Labels times on the horizontal axis, in a time zone if one is named."""
    where = ZoneInfo(zone) if zone else None
    locator = AutoDateLocator(tz=where)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=where))
    if zone:
        axes.set_xlabel(f"time ({zone})")
