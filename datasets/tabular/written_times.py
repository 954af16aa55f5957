"""Times as people write them: read where they can be read in one way only, else refused.

Besides ISO 8601: quarters, ISO weeks, months by number or English name, slashes and dots with the
year first, day and month in the order that a day above 12 proves, and numbers (`number_times.py`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...errors import ArgumentError, DataError
from ...messages import counted
from ..timezones import YEAR_FIRST
from .number_times import NAMED, counts_otherwise, from_name, read_numbers
from .table import Table

PIECE = 2**18  # times read at once
_NUMERIC = r"[+-]?\d+(\.\d*)?"
_ZONE = r".*[T ]\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)"
_OFFSET = r"(Z|[+-]\d{2}(?::?\d{2})?)$"
_MIDNIGHT = r"00(:?00){0,2}(\.0*)?"
_LAST_HOUR = r"(.*[T ])24(:00(?::00)?)"

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_CLOCK = r"(?:[ T,]+(?P<h>\d{1,2}):(?P<min>\d{2})(?::(?P<s>\d{2}))?(?: ?(?P<half>[AaPp][Mm]))?)?"
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_DAY = r"(?P<d>\d{1,2})"
_YEAR = r"(?P<y>\d{4})"
_WEEKDAY = r"(?:[A-Za-z]{3,9},? )?"

#: Forms with the year in four digits that can be read in one way; all rows have one of them.
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}[- ]?W(?P<w>\d{{1,2}})(?:-?(?P<weekday>[1-7]))?",
        rf"{_YEAR}[- ]?Q(?P<q>[1-4])",
        rf"Q(?P<q>[1-4])[-/ ]?{_YEAR}",
        rf"{_YEAR}[- ]?[SH](?P<half_year>[12])",
        rf"{_YEAR}[- ]?[Mm](?P<m>\d{{1,2}})",
        rf"{_YEAR}[-/.](?P<m>\d{{1,2}})[-/.]{_DAY}{_CLOCK}",
        rf"{_YEAR}[/.](?P<m>\d{{1,2}})",
        rf"{_YEAR}年(?P<m>\d{{1,2}})月(?:{_DAY}日)?{_CLOCK}",
        rf"{_YEAR}[- ]{_NAME}(?:[- ]{_DAY})?{_CLOCK}",
        rf"{_NAME},?[- ]{_YEAR}",
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|\.)?[- /]?{_NAME},?[- /]?{_YEAR}{_CLOCK}",
        rf"{_WEEKDAY}{_NAME} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}{_CLOCK}",
    )
)
_TWO_WAYS = re.compile(rf"(?P<a>\d{{1,2}})(?P<sign>[/.-])(?P<b>\d{{1,2}})(?P=sign){_YEAR}{_CLOCK}")


@dataclass(frozen=True)
class Written:
    """A column of written times, and what is known of it.

    Attributes:
        table: where it is.
        label: its name in messages.
        time_format: how the times are written, as for `strptime`, or a name in `NAMED`.
        days: whether a step may be a day or longer: such times keep their local date.
        offsets: whether even they keep their offset from UTC.
    """

    table: Table
    label: str
    time_format: str | None
    days: bool
    offsets: bool = False


@dataclass(frozen=True)
class Read:
    """Times as they were read.

    Attributes:
        times: the times, one per row.
        form: the `time_format` with which later tables are to be read; `""` where they need none.
        dropped: whether they had an offset from UTC that was dropped, because they are days.
    """

    times: pd.Series
    form: str = ""
    dropped: bool = False


def read_text(how: Written, text: pd.Series, number: bool) -> Read:
    """Reads times that are written, none of them empty.

    Args:
        number: whether the column held numbers.

    Raises:
        DataError: times that cannot be read, or in more than one way.
        ArgumentError: `time_format` is none.
    """
    table, label, time_format = how.table, how.label, how.time_format
    if time_format is not None:
        try:
            return Read(_formatted(table, text, label, time_format))
        except DataError:
            if not text.map(_is_iso).all() or text.str.fullmatch(_NUMERIC).any():
                raise
            return _iso(table, text, label, how.days and not how.offsets)  # which needs no format
    numeric = re.fullmatch(_NUMERIC, text.iloc[0]) and text.str.fullmatch(_NUMERIC).all()
    if number or numeric:
        return Read(*read_numbers(table, text, label))
    for form in _FORMS:
        if form.fullmatch(text.iloc[0]) and not _is_iso(text.iloc[0]):
            parts = text.str.extract(rf"^(?:{form.pattern})$")
            if parts["y"].notna().all():
                return Read(_readable(table, text, _from_parts(parts), label, "dates"))
    if _TWO_WAYS.fullmatch(text.iloc[0]) and (order := _order(text)):
        parsed = _in_pieces(text, order, utc=False)
        return Read(_readable(table, text, parsed, label, f"times like {order}"), order)
    return _iso(table, text, label, how.days and not how.offsets)


def _formatted(table: Table, text: pd.Series, label: str, time_format: str) -> pd.Series:
    how = f"time_format={time_format!r}"
    if time_format in NAMED:
        if other := counts_otherwise(text, time_format):
            raise table.error(
                f"{label} holds numbers such as {text.iloc[0]}: by {how} they are times of 1970, "
                f"by {other!r} of today. Say time_format={other!r} (--time-format), or convert "
                "them."
            )
        return _readable(table, text, from_name(text, time_format), label, how)
    written = text
    if "%V" in time_format and not any(sign in time_format for sign in ("%u", "%A", "%a", "%w")):
        written, time_format = text + " 1", time_format + " %u"  # weeks begin on Monday
    if not any(sign in time_format for sign in ("%H", "%I", "%c", "%X")):
        clock = re.search(r"[ T]\d{1,2}:\d{2}(:\d{2})?$", text.iloc[0])
        if clock and " " not in time_format:  # a format of days for days and hours
            time_format += f"{clock[0][0]}%H:%M{':%S' if clock[1] else ''}"
    try:
        parsed = _in_pieces(written, time_format, utc="%z" in time_format)
    except (ValueError, TypeError, re.error) as error:
        raise ArgumentError(
            f"`time_format` cannot be used: {error}. Received: time_format={time_format!r}"
        ) from error
    return _readable(table, text, parsed, label, how)


def _iso(table: Table, text: pd.Series, label: str, days: bool) -> Read:
    """Times of ISO 8601, year first."""
    year_first = text.str.match(YEAR_FIRST).to_numpy()
    if year_first.mean() < 0.5:
        shown = _places(table, text, np.flatnonzero(~year_first))
        raise table.error(
            f"{label} holds times that do not begin with a 4-digit year, first at {shown}. "
            f"Day and month are not guessed: say which is which, {_example(text)} "
            "(--time-format)."
        )
    text = text.str.replace(r" (?:UTC|GMT)$", "Z", regex=True)
    late = text.str.fullmatch(_LAST_HOUR).to_numpy()
    if late.any():  # the end of a day is the start of the next
        text = text.where(~late, text.str.replace(_LAST_HOUR, r"\g<1>00\2", regex=True))
    zoned = text.str.fullmatch(_ZONE).to_numpy()
    if zoned.any() and not zoned.all():
        raise table.error(
            f"{label} mixes times with a zone, first at "
            f"{_places(table, text, np.flatnonzero(zoned)[:1])}, and times without, first at "
            f"{_places(table, text, np.flatnonzero(~zoned)[:1])}. Give all of them a zone, or none."
        )
    utc = bool(zoned.any())
    dropped = days and utc and _same_hour(text)
    if dropped:  # else UTC moves local days
        text, utc = text.str.replace(_OFFSET, "", regex=True), False
    parsed = _in_pieces(text, "ISO8601", utc=utc)
    parsed = parsed.where(year_first)  # pandas takes "now" for a time
    parsed = _readable(table, text, parsed, label, "ISO 8601 times, as 2016-07-01 12:00")
    if late.any():
        parsed = parsed + pd.to_timedelta(late.astype(int), unit="D")
    return Read(parsed, dropped=dropped)


def _example(texts: pd.Series) -> str:
    """A format that may be that of texts, for a message."""
    text, form = texts.iloc[0], ""
    clock = re.search(r"([ T,]+)\d{1,2}:\d{2}(:\d{2})?$", text)
    date = text.removesuffix(clock[0]) if clock else text
    if parts := re.fullmatch(r"\d{1,2}([/.-])\d{1,2}[/.-](\d{4}|\d{2})", date):
        sign, year = parts.groups()
        form = f"%d{sign}%m{sign}%{'y' if len(year) == 2 else 'Y'}"
        ends = texts.str.extract(r"^(\d{1,2})[/.-]\d{1,2}[/.-](\d+)").nunique()
        if len(year) == 2 and ends[0] < ends[1]:  # the first field hardly moves
            form = f"%y{sign}%m{sign}%d"
    elif parts := re.fullmatch(r"[A-Za-z]{3}([- /'])\d{2}", date):
        form = f"%b{parts[1]}%y"
    elif parts := re.fullmatch(r"\d{1,2}([- /])[A-Za-z]{3}[- /]\d{2}", date):
        form = f"%d{parts[1]}%b{parts[1]}%y"
    elif parts := re.fullmatch(r"\d{1,2}([/.-])\d{4}", date):
        form = f"%m{parts[1]}%Y"
    if not form:
        return "time_format=…, with the signs of strptime"
    if clock:
        form += f"{clock[1]}%H:%M{':%S' if clock[2] else ''}"
    return f'e.g. time_format="{form}"'


def _same_hour(text: pd.Series) -> bool:
    """Whether times with an offset are all midnights, or at one hour of clocks that changed."""
    hours = text.str.slice(11).str.replace(_OFFSET, "", regex=True)
    if hours.str.fullmatch(_MIDNIGHT).all():
        return True
    offsets = text.str.extract(_OFFSET)[0]
    return hours.nunique() == 1 and offsets.nunique() > 1


def _from_parts(parts: pd.DataFrame) -> pd.Series:
    """Times from the parts of a form; NaT where they make none."""
    if "w" in parts:
        weekdays = parts["weekday"].fillna("1")
        text = parts["y"] + " " + parts["w"].str.zfill(2) + " " + weekdays
        return pd.to_datetime(text, format="%G %V %u", errors="coerce")

    def numbers(name: str, default: int) -> pd.Series:
        if name not in parts:
            return pd.Series(default, parts.index)
        return pd.to_numeric(parts[name]).fillna(default)

    month = numbers("m", 1)
    if "q" in parts:
        month = 3 * numbers("q", 1) - 2
    elif "half_year" in parts:
        month = 6 * numbers("half_year", 1) - 5
    elif "name" in parts:
        month = parts["name"].map(_month_number)
    hour = numbers("h", 0)
    if "half" in parts:
        half = parts["half"].str.lower()
        hour = hour.where(half.isna(), hour % 12 + 12 * (half == "pm"))
    units = {"year": numbers("y", 0), "month": month, "day": numbers("d", 1), "hour": hour}
    units |= {"minute": numbers("min", 0), "second": numbers("s", 0)}
    return pd.to_datetime(pd.DataFrame(units), errors="coerce")


def _month_number(name: str) -> float:
    """1 to 12 of an English name, or of its first three letters; NaN for another word."""
    word = name.lower()
    for number, full in enumerate(_MONTHS, 1):
        if word in (full, full[:3]) or (number == 9 and word == "sept"):
            return number
    return np.nan


def _order(text: pd.Series) -> str:
    """The format of times with day and month first, where a day above 12 shows the order."""
    parts = text.str.extract(rf"^(?:{_TWO_WAYS.pattern})$")
    if parts["y"].isna().any() or parts["sign"].nunique() > 1 or parts["h"].isna().nunique() > 1:
        return ""
    a, b = pd.to_numeric(parts["a"]), pd.to_numeric(parts["b"])
    if (a > 12).any() == (b > 12).any():
        return ""  # both orders are possible, or none
    sign, clock = parts["sign"].iloc[0], ""
    if parts["h"].notna().all():
        half = parts["half"].notna()
        seconds = parts["s"].notna()
        if half.nunique() > 1 or seconds.nunique() > 1:
            return ""
        spaced = " " if re.search(r" [AaPp][Mm]$", text.iloc[0]) else ""
        gap = re.search(r"\d{4}([ T,]+)\d", text.iloc[0])
        if gap is None or not text.str.contains(rf"\d{gap[1]}\d", regex=True).all():
            return ""
        clock = gap[1] + ("%I:%M" if half.all() else "%H:%M") + (":%S" if seconds.all() else "")
        clock += f"{spaced}%p" if half.all() else ""
    first, second = ("%d", "%m") if (a > 12).any() else ("%m", "%d")
    return f"{first}{sign}{second}{sign}%Y{clock}"


def _is_iso(text: str) -> bool:
    return not pd.isna(pd.to_datetime(text, format="ISO8601", errors="coerce", utc=True))


def _in_pieces(text: pd.Series, form: str, utc: bool) -> pd.Series:
    """Reads times in pieces, because pandas makes an object of each text; NaT for no time."""
    pieces = [text.iloc[i : i + PIECE] for i in range(0, len(text), PIECE)]
    return pd.concat(
        [pd.to_datetime(piece, format=form, errors="coerce", utc=utc) for piece in pieces]
    )


def _readable(table: Table, text: pd.Series, parsed: pd.Series, label: str, how: str) -> pd.Series:
    bad = np.flatnonzero(parsed.isna())
    if len(bad):
        raise table.error(
            f"{label} has {counted(len(bad), 'value')} that cannot be read as {how}, first at "
            f"{_places(table, text, bad)}. Correct them, or say time_format=… (--time-format)."
        )
    return parsed


def _places(table: Table, text: pd.Series, rows: Sequence[int] | np.ndarray) -> str:
    return table.first(rows, (repr(text.iloc[r]) for r in rows[:3]))
