"""What a user asks of a table: which columns, which step, under which name."""

from dataclasses import dataclass
from typing import Any

from ...errors import ArgumentError, ArgumentTypeError, one_of, text_or_none, whole_number
from ..steps import canonical
from .source import column_names

COLUMN = "the name of a column"
ROWS = "rows"  # steps are the rows that are there


@dataclass(frozen=True)
class Asked:
    """The arguments of `read_panel` that say what a table means; `None` and empty ones are found.

    Attributes:
        time: column of the times; a tuple of several that make the time together.
        target: column to forecast; a tuple of them for a wide table.
        past, future, static: covariates.
        weight: column of the weight of each row.
        id: columns that make the ids of the series.
        name: name of the series or the panel.
        frequency: the step, `""` if it is to be found.
        rows: whether the rows are the steps, whatever their times.
        season: number of steps in a season, 0 if it is to be found.
        unit: unit of the target.
        asks: whether any of these was given.

    Raises:
        ArgumentError, ArgumentTypeError: a value that cannot be used.
    """

    time: Any
    target: Any
    past: Any
    future: Any
    static: Any
    weight: str | None
    id: Any
    name: str | None
    frequency: Any
    calendar: str | None
    season: int | None
    unit: str
    rows: bool = False
    asks: bool = False

    def __post_init__(self) -> None:
        given = (
            self.time, self.target, self.past, self.future, self.static, self.weight, self.id,
            self.name, self.frequency, self.calendar, self.season, self.unit,
        )  # fmt: skip
        self._set(asks=any(one is not None and not _is_empty(one) for one in given))
        for name in ("name", "unit"):
            text_or_none(name, getattr(self, name), "text")
        text_or_none("weight", self.weight, COLUMN)
        text_or_none("calendar", self.calendar)
        one_of("calendar", self.calendar or "auto", ("auto", ROWS))
        for name in ("past", "future", "static"):
            self._set(**{name: column_names(name, getattr(self, name))})
        for name in ("time", "target"):
            value = getattr(self, name)
            if not (value is None or isinstance(value, str)):
                self._set(**{name: _several(name, value)})
        if self.id is None or isinstance(self.id, str):
            self._set(id=() if self.id is None else (self.id,))
        else:
            self._set(id=_several("id", self.id))
        rows = self.calendar == ROWS or (isinstance(self.frequency, str) and self.frequency == ROWS)
        frequency = "" if self.frequency is None or rows else canonical(self.frequency)
        season = 0 if self.season is None else whole_number("season", self.season)
        self._set(rows=rows, frequency=frequency, season=season)

    def _set(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)


def _is_empty(value: Any) -> bool:
    return isinstance(value, (str, tuple, list)) and not value


def _several(name: str, value: Any) -> tuple[str, ...]:
    try:
        columns = column_names(name, value)
        if not columns and name != "target":  # which says so itself, for a wide table
            raise ArgumentError(f"`{name}` must name at least one column. Received: {name}=[]")
        return columns
    except ArgumentTypeError as error:
        raise ArgumentTypeError(
            f"`{name}` must be {COLUMN}, or a list of them. Received: {name}={value!r:.200}"
        ) from error
