"""The error memory of a forecaster: adaptive conformal intervals for each lead, from past errors.

A forecaster's own past errors are standardized in several ways, by *scalers*, each with a window of
standardized errors. The quantiles of the windows are averaged, with weights that follow from their
pinball losses, and the levels are corrected online. One step costs the same after any number of
rows. `conformal_steps.py` has the steps.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from scipy import stats

from .distributions import LEVELS

#: Levels whose coverage is corrected online; those between are interpolated.
TRACKED = np.array([0.025, 0.05, *np.arange(1, 10) / 10, 0.95, 0.975])
#: The first errors of every window: quantiles of Student's t, 5 degrees of freedom, mean size 1.
PRIOR = stats.t.ppf((np.arange(10) + 0.5) / 10, 5)
PRIOR = PRIOR / np.abs(PRIOR).mean()
WINDOW = 500  # most error paths of a series
NUMBERS = 500_000  # most numbers in all windows
LEAST_WINDOW = 20  # error paths, at any size of the table
WAITING = 1_000_000  # most numbers of origins whose errors are not all known yet
PENDING = 64  # most origins whose errors are not all known yet
NEVER = np.iinfo(np.int64).min  # row of an origin that there is not
GROUPED = 200_000  # most numbers in what is learned by position in the season


@dataclass(frozen=True)
class Scaler:
    """A way to standardize errors.

    Attributes:
        fast: half-life, in errors, of the mean size that follows recent errors.
        share: exponent of the fast size; that of the slow one is 1 − `share`.
        relative: errors are divided by the level of the forecast.
        seasonal: mean and size are corrected by position in the season.
        shared: the fast size is the slow one times the recent size of errors one step ahead,
            relative to their slow one, in the mean over the series: of far leads it is known
            sooner.
        bias: the recent mean error is subtracted, as far as it is beyond chance.
        normal: errors are scores, standard normal ones if the forecast distributions are right, and
            their quantiles are those of a normal distribution.
    """

    fast: float
    share: float
    relative: bool = False
    seasonal: bool = True
    bias: bool = False
    shared: bool = False
    normal: bool = False


SCALERS = (
    Scaler(100, 0.3),
    Scaler(10, 0.7, relative=True, shared=True),
    Scaler(100, 0.3, seasonal=False, bias=True),
)
#: In addition, of forecasts that are distributions.
SCORES = Scaler(100, 0.3, seasonal=False, normal=True)
SLOW = 2000  # half-life of the slow size, in errors
SEASONS = 60  # half-life of what is learned by position in the season, in seasons
SEASONS_FIRST = 10  # seasons by which its first values are shrunk to none
BIAS = 20  # half-life of the mean error, in errors
CHANCE = 1.0  # squared standard errors by which the mean error is shrunk
LOSSES = 100  # half-life of the losses that weigh the scalers, in errors
LEARNING = 1.0  # rate at which a smaller loss becomes a larger weight
CORRECTION = 0.01  # rate of the online correction of levels, divided by the root of the lead
FLOOR = 0.5  # least level of a forecast, as a share of the mean level


#: Attributes of an `ErrorMemory` with one entry per series, by the axis of the series.
SERIES_AXIS = {
    0: (
        "start", "rows", "paths", "tracked", "last", "stored", "level", "positive", "counts", "age",
        "slot", "group", "pending", "quantiles",
    ),
    1: (
        "origin", "fast", "slow", "bias", "square", "seen", "base", "center", "size", "plain",
        "issued",
    ),
    2: ("window", "means", "sizes"),
}  # fmt: skip


@dataclass(frozen=True)
class ErrorMemory:
    """What is remembered of past errors, after some row of each of several series.

    Below, K is the number of scalers, S of series, H of leads, P of origins with errors still to
    come, W of error paths in the window, G of positions in the season.

    Attributes:
        season: number of rows in a season; 1 for none.
        start: row of a calendar that all series share at which each begins, `(S,)`.
        rows: rows seen of each series, `(S,)`.
        paths: origins seen of each series, `(S,)`.
        tracked: origins whose errors are learned, `(S,)`; `last` is the row of the last one in the
            shared calendar, `(S,)`.
        stored: error paths put into the window, `(S,)`.
        level: mean absolute value of each series, `(S,)`.
        positive: whether all values were above 0, `(S,)`.
        window: standardized errors, `(K, W, S, H)`; NaN where there is none.
        origin: row of the origin of each error path in the shared calendar, `(W, S)`; `NEVER` where
            there is none.
        counts: number of errors, `(S, H)`.
        fast, slow: mean sizes of errors, `(K, S, H)`.
        recent: recent size of errors one step ahead, relative to their slow one, `(K,)`.
        bias, square: mean and mean square of recent errors, `(K, S, H)`.
        means, sizes: mean and size of errors at each position, `(K, G, S, H)`.
        seen: number of errors at each position, `(G, S, H)`.
        levels: corrected levels, `(len(TRACKED), H)`.
        losses: losses of the scalers relative to their mean, `(K, H)`.
        loss: mean loss, `(H,)`; number of losses, `loss_count (H,)`.
        age: rows since each pending origin, `(S, P)`; 0 where there is none.
        slot: place of its error path in the window, `(S, P)`; −1 for none.
        group: its position in the season, `(S, P)`.
        pending: its forecast, `(S, P, H)`.
        quantiles: its quantiles at the `LEVELS` of `distributions.py`, `(S, P, H, levels)`; there
            are no levels where a forecast is a number. Where it is a distribution, errors are the
            scores of the values, and the forecast is 0.
        whole: whether values are counts, of forecasts that are distributions.
        base, center, size, plain: by what its errors are standardized, `(K, S, P, H)`.
        issued: quantiles of its errors at the levels `TRACKED`, `(len(TRACKED), S, P, H)`.
    """

    season: np.ndarray
    start: np.ndarray
    rows: np.ndarray
    paths: np.ndarray
    tracked: np.ndarray
    last: np.ndarray
    stored: np.ndarray
    level: np.ndarray
    positive: np.ndarray
    window: np.ndarray
    origin: np.ndarray
    counts: np.ndarray
    fast: np.ndarray
    slow: np.ndarray
    recent: np.ndarray
    bias: np.ndarray
    square: np.ndarray
    means: np.ndarray
    sizes: np.ndarray
    seen: np.ndarray
    levels: np.ndarray
    losses: np.ndarray
    loss: np.ndarray
    loss_count: np.ndarray
    age: np.ndarray
    slot: np.ndarray
    group: np.ndarray
    pending: np.ndarray
    quantiles: np.ndarray
    whole: np.ndarray
    base: np.ndarray
    center: np.ndarray
    size: np.ndarray
    plain: np.ndarray
    issued: np.ndarray

    @classmethod
    def empty(
        cls, series: int, horizon: int, season: int = 1, levels: int = 0, whole: bool = False
    ) -> "ErrorMemory":
        """A memory without errors; `levels` and `whole` are of forecasts that are distributions."""
        kinds = len(SCALERS) + (levels > 0)
        groups = season if season * series * horizon <= GROUPED else 1
        window = int(np.clip(NUMBERS // (kinds * series * horizon), LEAST_WINDOW, WINDOW))
        each_origin = (4 * kinds + len(TRACKED) + levels) * series * horizon
        waiting = min(horizon, int(np.clip(WAITING // each_origin, 1, PENDING)))
        own, by_group = (kinds, series, horizon), (kinds, groups, series, horizon)
        each = (kinds, series, waiting, horizon)
        return cls(
            season=np.array(groups),
            start=np.zeros(series, int),
            rows=np.zeros(series, int),
            paths=np.zeros(series, int),
            tracked=np.zeros(series, int),
            last=np.full(series, NEVER),
            stored=np.zeros(series, int),
            level=np.zeros(series),
            positive=np.full(series, not levels),  # scores are relative to no level
            window=np.full((kinds, window, series, horizon), np.nan),
            origin=np.full((window, series), NEVER),
            counts=np.zeros((series, horizon)),
            fast=np.zeros(own),
            slow=np.zeros(own),
            recent=np.ones(kinds),
            bias=np.zeros(own),
            square=np.zeros(own),
            means=np.zeros(by_group),
            sizes=np.ones(by_group),
            seen=np.zeros(by_group[1:]),
            levels=np.repeat(TRACKED[:, None], horizon, axis=1),
            losses=np.zeros((kinds, horizon)),
            loss=np.zeros(horizon),
            loss_count=np.zeros(horizon),
            age=np.zeros((series, waiting), int),
            slot=np.full((series, waiting), -1),
            group=np.zeros((series, waiting), int),
            pending=np.full((series, waiting, horizon), np.nan),
            quantiles=np.full((series, waiting, horizon, levels), np.nan),
            whole=np.array(whole),
            base=np.ones(each),
            center=np.zeros(each),
            size=np.full(each, np.nan),
            plain=np.full(each, np.nan),
            issued=np.full((len(TRACKED), series, waiting, horizon), np.nan),
        )

    @property
    def horizon(self) -> int:
        """The number of leads."""
        return self.counts.shape[1]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def of_distributions(self) -> bool:
        """Whether the forecasts are distributions."""
        return self.quantiles.shape[-1] > 0

    @property
    def now(self) -> np.ndarray:
        """The number of rows of the shared calendar up to the last one seen, `(S,)`."""
        return self.start + self.rows

    @property
    def known(self) -> np.ndarray:
        """The number of errors of each lead in the window, over all series, `(H,)`."""
        return (~np.isnan(self.window[0])).sum(axis=(0, 1))

    def select(self, series: np.ndarray) -> "ErrorMemory":
        """The memory of some of the series, by their numbers; what they share is unchanged."""
        columns = {
            name: np.take(getattr(self, name), series, axis)
            for axis, names in SERIES_AXIS.items()
            for name in names
        }
        return replace(self, **columns)

    def to_arrays(self) -> list[np.ndarray]:
        """All values as plain arrays, in the order of the attributes."""
        return [np.asarray(getattr(self, field.name)) for field in fields(self)]

    @classmethod
    def from_arrays(cls, arrays: list[np.ndarray]) -> "ErrorMemory":
        """The memory that `to_arrays` returned.

        Raises:
            ValueError: another number of arrays, or shapes that do not fit.
        """
        names = [field.name for field in fields(cls)]
        if len(arrays) != len(names):
            raise ValueError(f"the errors are {len(arrays)} arrays, not {len(names)}")
        memory = cls(**dict(zip(names, arrays, strict=True)))
        if memory.counts.ndim != 2 or not memory.counts.size or memory.quantiles.ndim != 4:
            raise ValueError("the errors are of no series or leads")
        series, horizon = memory.counts.shape
        levels = memory.quantiles.shape[-1]
        if levels not in (0, len(LEVELS)):
            raise ValueError(f"the errors have {levels} levels")
        expected = cls.empty(series, horizon, int(memory.season), levels)
        for name in names:
            one, other = getattr(memory, name), getattr(expected, name)
            if (one.shape, one.dtype.kind) != (other.shape, other.dtype.kind):
                raise ValueError(f"the errors have another shape or type in {name!r}")
        groups, places = int(memory.season), len(memory.window[0])
        within = ((memory.slot, -1, places), (memory.group, 0, groups), (memory.stored, 0, None))
        for values, low, high in within:
            if (values < low).any() or (high is not None and (values >= high).any()):
                raise ValueError("the errors point to places that there are not")
        return memory
