"""Which repairs of a table are asked for."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import ArgumentError, one_of, whole_number

MISSING = ("error", "interpolate", "mask")
DUPLICATES = ("error", "mean")
GAPS = ("error", "fill")
SHORT = ("error", "drop", "pad")


@dataclass(frozen=True)
class Rules:
    """What is done about a table that is not as it should be.

    Attributes:
        missing: `"error"`, `"interpolate"`, or `"mask"`: missing values stay.
        duplicates: `"error"`, or `"mean"` of the rows that share a time.
        gaps: `"error"`, or `"fill"` with rows for the missing times.
        short: of series with fewer than `fewest` rows: `"error"`, `"drop"` or `"pad"`.
        fewest: rows of a series.
        time_format: of times that are not ISO 8601.
        zone: of which times written without one are local times.
        empty: whether columns may have no value at all, where missing ones may stay.

    Raises:
        ArgumentError, ArgumentTypeError: a value that cannot be used.
    """

    missing: str = "error"
    duplicates: str = "error"
    gaps: str = "error"
    short: str = "error"
    fewest: int = 2
    time_format: str | None = None
    zone: str | None = None
    empty: bool = False

    def __post_init__(self) -> None:
        one_of("missing", self.missing, MISSING)
        one_of("duplicates", self.duplicates, DUPLICATES)
        one_of("gaps", self.gaps, GAPS)
        one_of("short", self.short, SHORT)
        whole_number("fewest", self.fewest)
        if self.zone is not None:
            _check_zone(self.zone)


def _check_zone(zone: Any) -> None:
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, TypeError, OSError, AttributeError) as error:
        raise ArgumentError(
            "`zone` must be the name of a time zone, such as 'Europe/Paris'. "
            f"Received: zone={zone!r}"
        ) from error
