"""Which repairs of a table are allowed."""

from dataclasses import dataclass
from typing import Any

from ...errors import ArgumentError, one_of, text_or_none, whole_number
from ..dialect import NO_DIALECT, Dialect
from ..timezones import is_zone
from .na import signs_of_missing

MISSING = ("error", "interpolate", "mask")
DUPLICATES = ("error", "mean")
GAPS = ("auto", "error", "fill")
SHORT = ("error", "drop", "pad")


@dataclass(frozen=True)
class Rules:
    """Which faults of a table are repaired, and how its times are read.

    Attributes:
        missing: `"error"`, `"interpolate"`, or `"mask"`: missing values stay.
        duplicates: `"error"`, or `"mean"` of the rows that share a time.
        gaps: `"error"`; `"fill"` with rows for the missing times; or `"auto"`, which does so where
            few are missing, and leaves their values missing.
        short: for series with fewer than `fewest` rows: `"error"`, `"drop"` or `"pad"`.
        fewest: least number of rows in a series.
        time_format: format of times that are not ISO 8601.
        zone: time zone of times that are given without one.
        clock: time zone whose local times the table is to have, as the fitted one had.
        rows: whether the rows are the steps, whatever their times.
        empty: whether a column may have no value at all, where missing values may stay.
        na: signs of missing values in columns of numbers; a tuple once they are checked.
        dialect: how a CSV file is written.
        again: whether a model has been fitted on such a table; if it has no `zone`, times must
            come without one.

    Raises:
        ArgumentError, ArgumentTypeError: a value that cannot be used.
    """

    missing: str = "error"
    duplicates: str = "error"
    gaps: str = "auto"
    short: str = "error"
    fewest: int = 2
    time_format: str | None = None
    zone: str | None = None
    clock: str = ""
    rows: bool = False
    empty: bool = False
    again: bool = False
    na: Any = ()
    dialect: Dialect = NO_DIALECT

    def __post_init__(self) -> None:
        one_of("missing", self.missing, MISSING)
        one_of("duplicates", self.duplicates, DUPLICATES)
        one_of("gaps", self.gaps, GAPS)
        one_of("short", self.short, SHORT)
        whole_number("fewest", self.fewest)
        text_or_none("time_format", self.time_format)
        text_or_none("zone", self.zone)
        object.__setattr__(self, "na", signs_of_missing(self.na))
        if self.zone is not None and not is_zone(self.zone):
            raise ArgumentError(
                "`zone` must be the name of a time zone, such as 'Europe/Paris'. "
                f"Received: zone={self.zone!r}"
            )

    def for_missing(self, reader: str, ahead: bool = False) -> str:
        """The remedy for missing values.

        Args:
            reader: function to call, e.g. `"rnnzoo.read_series"`.
            ahead: whether the column is a known-future covariate, which no mask covers.
        """
        interpolate = f'{reader}(…, missing="interpolate")'
        if ahead and self.missing == "mask":
            return "Fill them: known-future covariates may not be missing."
        if self.again:
            return f"Fill them, or read with {interpolate}, which looks at later values."
        if ahead:
            return f"Fill them, or read with {interpolate}, or --missing interpolate."
        return (
            f'Fill them, or choose: {reader}(…, missing="mask") lets the network know where '
            'they are; missing="interpolate" looks at later values. On the command line '
            "--missing mask or --missing interpolate."
        )

    def for_gaps(self, reader: str) -> str:
        """The remedy for missing times; `reader` as above."""
        add = "Add the rows, or read with"
        if self.missing == "mask":
            return f'{add} {reader}(…, missing="mask", gaps="fill"), or --missing mask --gaps fill.'
        if self.missing == "interpolate" or self.again:
            return f'{add} {reader}(…, gaps="fill"), or --gaps fill; it looks at later values.'
        return (
            f'Add the rows, or choose: {reader}(…, missing="mask", gaps="fill") leaves their '
            'values missing; gaps="fill" alone interpolates, which looks at later values; '
            'calendar="rows" takes each row for a step, whatever its time. On the command line '
            "--missing mask --gaps fill, --gaps fill, or --frequency rows."
        )
