"""Steps between times: finding them, counting in them, and the seasons they make."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from ...errors import ArgumentError
from ...messages import counted
from .table import Table

MOST_STEPS = 48  # most steps of less than a day that are forecast by default
HOLIDAY = 10  # business days: a longer pause in a trading calendar counts as a gap
_DAY = pd.Timedelta(days=1)
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


def find_frequency(table: Table, times: pd.DatetimeIndex) -> str:
    """The most common step of sorted, distinct times, as a pandas alias.

    Months, quarters and years count as steps. Days without weekends are `"B"`.

    Raises:
        DataError: no step fits most of the times.
    """
    steps = pd.Series(np.diff(times.to_numpy()))
    step = steps.mode().min()
    if calendar := _calendar_step(table, times, steps):
        return calendar
    if step == _DAY and not (times.day_of_week >= 5).any() and steps.max() > _DAY:
        weeks = (times - pd.to_timedelta(times.day_of_week, unit="D")).normalize()
        if len(weeks.unique()) > 1:
            return "B"
    if (steps == step).mean() < 0.5:
        raise table.error(
            f"The times have no regular step: the most common one, {step}, fits "
            f"{(steps == step).sum()} of {len(steps)}. Bring them to one, e.g. "
            'frame.resample("D").mean(), or say frequency=… (--frequency D).'
        )
    if step == 7 * _DAY:
        return f"W-{_WEEKDAYS[times[0].day_of_week]}"
    for unit in ("D", "h", "min", "s", "ms", "us"):
        number, rest = divmod(step, pd.Timedelta(1, unit))
        if not rest:
            return f"{number if number > 1 else ''}{unit}"
    raise table.error(f"The times step by {step}, which is too fine.")


def _calendar_step(table: Table, times: pd.DatetimeIndex, steps: pd.Series) -> str | None:
    months = np.diff(times.year * 12 + times.month)
    if months.min() < 1 or steps.min() < 27 * _DAY:
        return None
    count = int(pd.Series(months).mode().min())
    if (times.day == 1).all():
        kind = "S"
    elif times.is_month_end.all():
        kind = "E"
    elif all(map(pd.offsets.BMonthEnd().is_on_offset, times)):
        return f"{count if count > 1 else ''}BME"
    elif steps.nunique() > 1 and (months == count).mean() >= 0.5:
        raise table.error(
            f"The times step by {counted(count, 'month')} but fall on neither the first nor the "
            "last day of one. Move them to the first: "
            'times = times.dt.to_period("M").dt.to_timestamp().'
        )
    else:
        return None
    month = f"-{_MONTHS[times[0].month - 1]}"
    for size, letter, anchor in ((12, "Y", month), (3, "Q", month), (1, "M", "")):
        if count % size == 0:
            number = count // size
            return f"{number if number > 1 else ''}{letter}{kind}{anchor}"
    return None


def on_grid(
    times: pd.DatetimeIndex, frequency: str
) -> tuple[np.ndarray, np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """Counts sorted times in steps of `frequency`.

    Returns:
        The step number of each time; whether the time lies between steps, so that its number
        means nothing; and the function from step numbers back to times.
    """
    fixed = fixed_step(frequency)
    if fixed is None:
        grid = pd.date_range(times[0], times[-1], freq=frequency)
        numbers = grid.get_indexer(times)
        return numbers, numbers < 0, lambda steps: grid.to_numpy()[steps]
    step, since = fixed.to_timedelta64(), times.to_numpy() - times.to_numpy()[0]
    rests = since % step
    start = rests[0]  # one stray first time must not set the grid
    if (rests != start).any():
        values, counts = np.unique(rests, return_counts=True)
        start = values[np.argmax(counts)]
    origin = times.to_numpy()[0] + start
    numbers = (since - start) // step
    return numbers, rests != start, lambda steps: origin + steps * step


def default_season(frequency: str) -> int:
    """Steps in the natural season: a day, a week or a year; 1 where there is none."""
    fixed, (kind, n) = fixed_step(frequency), _kind_and_number(frequency)
    if fixed is not None and pd.Timedelta(minutes=1) <= fixed < _DAY:
        return int(_DAY // fixed) if _DAY % fixed == pd.Timedelta(0) else 1
    whole = {"D": 7, "B": 5, "W": 52, "MS": 12, "ME": 12, "BMS": 12, "BME": 12, "QS": 4, "QE": 4}
    season = whole.get(kind, 1)
    return season // n if season % n == 0 else 1


def default_horizon(frequency: str) -> int:
    """Steps that a user of such a table may want to see: of shorter steps a day, but at most 48; of
    days a week, of weeks a quarter, of months and quarters a year, of years six.

    >>> [default_horizon(step) for step in ("15min", "h", "D", "B", "W-SUN", "MS", "QS", "YS")]
    [48, 24, 7, 5, 13, 12, 4, 6]
    """
    fixed, (kind, n) = fixed_step(frequency), _kind_and_number(frequency)
    if fixed is not None and fixed < _DAY:
        return max(1, min(MOST_STEPS, int(_DAY // fixed)))
    kind = kind.removeprefix("B") if len(kind) > 1 else kind
    whole = {"D": 7, "B": 5, "W": 13, "MS": 12, "ME": 12, "QS": 4, "QE": 4, "YS": 6, "YE": 6}
    return max(1, whole.get(kind, 12) // n)


def _kind_and_number(frequency: str) -> tuple[str, int]:
    """`"QS"` and 1 of `"QS-OCT"`, `"MS"` and 3 of `"3MS"`."""
    offset = pd.tseries.frequencies.to_offset(frequency)
    return offset.rule_code.split("-")[0], offset.n


def check_frequency(frequency: str) -> str:
    """Returns `frequency` if it is a pandas offset alias.

    Raises:
        ArgumentError: it is no alias, or does not go forward.
    """
    try:
        offset = pd.tseries.frequencies.to_offset(frequency)
    except (ValueError, TypeError) as error:
        raise ArgumentError(
            "`frequency` must be a pandas offset alias such as 'h', '15min', 'D', 'B', 'W-SUN' or "
            f"'MS'. Received: frequency={frequency!r}"
        ) from error
    if offset is None or offset.n < 1:
        raise ArgumentError(f"`frequency` must go forward. Received: frequency={frequency!r}")
    return str(offset.freqstr)


def steps_by_days(frequency: str) -> bool:
    """Whether a step is a day or longer; also true where it is not known yet (`""`)."""
    fixed = fixed_step(frequency) if frequency else None
    return fixed is None or fixed >= _DAY


def fixed_step(frequency: str) -> pd.Timedelta | None:
    """The length of a step; `None` where it varies, as with months."""
    offset = pd.tseries.frequencies.to_offset(frequency)
    if isinstance(offset, pd.offsets.Day):
        return offset.n * _DAY
    return pd.Timedelta(offset) if isinstance(offset, pd.offsets.Tick) else None
