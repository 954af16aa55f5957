"""What every kind of step can do."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import pandas as pd

HOLIDAY = 10  # sessions of a trading calendar: a longer pause counts as a gap
DAY = pd.Timedelta(days=1)

#: The number of each time; whether it lies between steps, so that its number means nothing;
#: from numbers back to times.
Count = tuple[np.ndarray, np.ndarray, Callable[[np.ndarray], np.ndarray]]


class Steps(ABC):
    """The steps of a series, as its frequency names them.

    Attributes:
        pause: most steps that may be absent between two rows without being a gap: 0 but for
            calendars, where rows are steps and holidays have none.
        season: steps in the natural season: a day of hours, a week of days, a year of months; 1
            where there is none.
        horizon: steps that a user of such a table may want to see.
        by_days: whether a step is a day or longer, so that it counts in local time.
        dated: whether its date alone says which step a time is.
        fixed: the length of a step; `None` where it varies, as with months.
    """

    pause: int = 0
    season: int = 1
    horizon: int = 12
    by_days: bool = False
    dated: bool = False
    fixed: pd.Timedelta | None = None

    @abstractmethod
    def count(self, times: pd.DatetimeIndex) -> Count:
        """Counts sorted times in steps."""

    @abstractmethod
    def after(self, last: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        """The times that follow `last`."""

    @abstractmethod
    def before(self, first: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
        """The times that come before `first`, in order."""

    @abstractmethod
    def between(self, first: pd.Timestamp, last: pd.Timestamp) -> int:
        """The number of steps from one time to a later one."""

    def continues(self, last: pd.Timestamp, first: pd.Timestamp) -> bool:
        """Whether a series whose last row is at `last` may go on with a row at `first`."""
        return first == self.after(last, 1)[0]
