"""The steps of an error memory: a row is observed, a forecast is added, quantiles are given.

References: levels are corrected as by Gibbs and Candès (2021), Adaptive conformal inference under
distribution shift, each on its own. Scalers are weighted exponentially by their discounted pinball
losses, as by Berrisch and Ziel (2023), CRPS learning, and in DtACI of Gibbs and Candès (2024),
Conformal inference for online prediction with arbitrary distribution shifts. The window starts as
in split conformal prediction: Papadopoulos et al. (2002), Inductive confidence machines for
regression.
"""

import math

import numpy as np

from .conformal import (
    BIAS,
    CHANCE,
    CORRECTION,
    FLOOR,
    LOSSES,
    SEASONS,
    SEASONS_FIRST,
    SLOW,
    TRACKED,
    WINDOW,
    ErrorMemory,
)
from .conformal_scalers import Scalers, rate
from .conformal_windows import Mixture, between, by_lead
from .distributions import quantile, score

TINY = np.finfo(float).tiny
LEAST = 1e-12  # least size, relative to the level of the series
EARLY = 100  # first tracked origins whose error paths are all stored: neighbors are alike, but few
NEAR = 30  # errors of a lead from which its size alone counts
SMALLEST = 0.01  # least size at a position in the season, relative to the mean
LARGEST = 100.0  # largest size of errors one step ahead, relative to the slow one
MOST = 4.0  # largest standardized error until then: its size is not well known
NEIGHBORS = 2.0  # errors that the sizes of other leads are worth before


class Steps:
    """Steps from one `ErrorMemory` to later ones; the first is not changed.

    At each row of a series: `observe` its value, then `add` the forecast from it, if there is one.
    """

    def __init__(self, memory: ErrorMemory):
        self.of = ErrorMemory.from_arrays([one.copy() for one in memory.to_arrays()])
        _, width, _, self.horizon = memory.window.shape
        # origins from one that is tracked to the next
        self.every = math.ceil(self.horizon / memory.age.shape[1])
        self.stride = _stride(int(memory.season), self.horizon, width)
        self.mixture, self.scalers = Mixture(self.of), Scalers.of(memory)

    def memory(self) -> ErrorMemory:
        """The memory after the steps so far."""
        return ErrorMemory.from_arrays([one.copy() for one in self.of.to_arrays()])

    def observe(self, values: np.ndarray, active: np.ndarray) -> None:
        """Takes the values of one row: the errors of earlier forecasts of it are then known.

        Args:
            values: `(S,)`; NaN where missing.
            active: which series have this row, `(S,)`.
        """
        self.of.age[:] += (active[:, None] & (self.of.age > 0)).astype(int)
        waiting = active[:, None] & (self.of.age > 1)
        s, p = np.nonzero(waiting)
        h = self.of.age[s, p] - 2
        errors = values[s] - self.of.pending[s, p, h]
        if self.of.of_distributions:
            rows = self.of.now[s]
            errors = score(values[s], self.of.quantiles[s, p, h], bool(self.of.whole), rows)
        known = ~np.isnan(errors) & ~np.isnan(self.of.size[0, s, p, h])
        first = ~np.isnan(errors) & ~known
        if known.any():
            self._learn(s[known], p[known], h[known], errors[known])
        if first.any():
            self._learn_first(s[first], p[first], h[first], errors[first])
        self.of.age[self.of.age > self.horizon] = 0
        there = active & ~np.isnan(values)
        self.of.rows[:] += active
        sizes = np.abs(np.where(there, values, 0.0))
        pace = np.maximum(rate(SLOW), 1 / (self.of.paths + 1))
        self.of.level[:] += np.where(there, pace * (sizes - self.of.level), 0.0)
        self.of.positive[:] &= ~(there & (values <= 0))

    def add(
        self,
        forecast: np.ndarray,
        active: np.ndarray,
        spread: np.ndarray | None = None,
        group: np.ndarray | None = None,
        distributions: np.ndarray | None = None,
    ) -> None:
        """Adds the forecasts from the last observed row: their errors will be learned.

        Args:
            forecast: `(S, H)`; leads that are NaN are not learned.
            distributions: their quantiles, `(S, H, levels)`, where forecasts are such.
            active: which series have a forecast, `(S,)`.
            spread: predicted size of the errors, `(S, H)`, by which they are divided; all
                distributions are then in its unit.
            group: group of each origin, `(S,)`, from 0, below `season`; by default its position
                in the season.
        """
        now = self.of.now
        forecast = forecast if distributions is None else 0 * distributions[..., 0]
        tracked = active & (now // self.every > self.of.last // self.every)
        base, center, size, plain = self.standards(forecast, spread, group)
        issued = self.mixture.mixed(self.mixture.current, base, center, size)
        group = self._groups(group)
        for s in np.flatnonzero(tracked).tolist():
            p = int(now[s] // self.every) % self.of.age.shape[1]
            self.of.age[s, p], self.of.group[s, p] = 1, group[s]
            self.of.slot[s, p] = self._slot(s, int(now[s]))
            self.of.pending[s, p] = forecast[s]
            if distributions is not None:
                self.of.quantiles[s, p] = distributions[s]
            self.of.base[:, s, p], self.of.center[:, s, p] = base[:, s], center[:, s]
            self.of.size[:, s, p], self.of.plain[:, s, p] = size[:, s], plain[:, s]
            self.of.issued[:, s, p] = issued[:, s]
        self.of.last[tracked] = now[tracked]
        self.of.tracked[:] += tracked
        self.of.paths[:] += active

    def _slot(self, s: int, now: int) -> int:
        """The place in the window of the error path from a tracked origin, −1 for none: of the
        first `EARLY` each has one, of those after them the first in each `stride`-th span of the
        shared calendar, so that series have those of the same times."""
        width, stored = self.of.window.shape[1], int(self.of.stored[s])
        span = self.every * self.stride
        before = int(self.of.origin[(stored - 1) % width, s])
        if self.of.tracked[s] >= min(EARLY, width) and now // span <= before // span:
            return -1
        self.of.origin[stored % width, s] = now
        self.of.stored[s] += 1
        return stored % width

    def standards(
        self, forecast: np.ndarray, spread: np.ndarray | None, group: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """By what the errors of forecasts `(S, H)` are standardized: base, center, size and the
        size without the season, each `(K, S, H)`; the sizes are NaN before the first error."""
        unit = np.ones(forecast.shape) if spread is None else spread
        least = np.where(self.of.level > 0, self.of.level, 1.0)[:, None]
        level = np.where(
            self.of.positive[:, None], np.maximum(np.abs(forecast), FLOOR * least), 1.0
        )
        base = np.where(self.scalers.relative, unit * level, unit)
        fast, slow = self._smoothed(self.of.fast), self._smoothed(self.of.slow)
        fast = np.where(self.scalers.shared, slow * self.of.recent[:, None, None], fast)
        plain = fast**self.scalers.share * slow ** (1 - self.scalers.share)
        plain = np.where(self.scalers.normal, 1.0, plain)
        plain = np.where(self.of.counts > 0, np.maximum(plain, LEAST * least / base), np.nan)
        groups, series = self._groups(group), np.arange(len(self.of.rows))
        center = np.where(self.scalers.bias, self._beyond_chance(), 0.0)
        center = center + np.nan_to_num(self.of.means[:, groups, series] * plain)
        return base, center, plain * self.of.sizes[:, groups, series], plain

    def quantiles(
        self,
        forecast: np.ndarray,
        levels: np.ndarray,
        spread: np.ndarray | None = None,
        group: np.ndarray | None = None,
        distributions: np.ndarray | None = None,
    ) -> np.ndarray:
        """Quantiles of the values to come, from the last observed row.

        Args:
            forecast, spread, group, distributions: as for `add`.
            levels: increasing, within (0, 1).

        Returns:
            `(levels, S, H)`, increasing; NaN before the first error of a lead.
        """
        forecast = forecast if distributions is None else 0 * distributions[..., 0]
        base, center, size, _ = self.standards(forecast, spread, group)
        corrected = np.sort(self.of.levels, axis=0)
        ends = np.zeros((1, self.horizon)), corrected, np.ones((1, self.horizon))
        at = between(levels) @ np.concatenate(ends)
        standardized = self.mixture.at(at, np.arange(self.horizon))  # (K, levels, H)
        found = forecast + np.sort(self.mixture.mixed(standardized, base, center, size), axis=0)
        if distributions is None:
            return found
        return quantile(found, distributions, bool(self.of.whole))

    def _learn(self, s: np.ndarray, p: np.ndarray, h: np.ndarray, errors: np.ndarray) -> None:
        base, center = self.of.base[:, s, p, h], self.of.center[:, s, p, h]
        size, plain = self.of.size[:, s, p, h], self.of.plain[:, s, p, h]
        scaled = errors / base
        self._learn_levels(h, errors, self.of.issued[:, s, p, h])
        self._learn_weights(h, errors, base, center, size)
        slot = self.of.slot[s, p]
        stored = slot >= 0
        if stored.any():
            standardized = (scaled - center)[:, stored] / size[:, stored]
            few = self.of.counts[s[stored], h[stored]] < NEAR
            standardized = np.where(few, np.clip(standardized, -MOST, MOST), standardized)
            self.of.window[:, slot[stored], s[stored], h[stored]] = standardized
            changed = np.unique(h[stored])
            self.mixture.sort(changed)
        self.mixture.refresh(np.unique(h))
        group = self.of.group[s, p]
        if int(self.of.season) > 1:
            at = group, s, h
            self.of.seen[at] += 1
            pace = np.maximum(rate(SEASONS), 1 / (self.of.seen[at] + SEASONS_FIRST))
            shift = scaled / plain - self.of.means[:, *at]
            self.of.means[:, *at] += self.scalers.seasonal * pace * shift
            wider = np.abs(scaled - center) / plain - self.of.sizes[:, *at]
            sizes = self.of.sizes[:, *at] + self.scalers.seasonal * pace * wider
            self.of.sizes[:, *at] = np.maximum(sizes, SMALLEST)  # errors of 0 have no size
        self._learn_sizes(s, h, scaled, np.abs(scaled - center) * plain / size)

    def _learn_first(self, s: np.ndarray, p: np.ndarray, h: np.ndarray, errors: np.ndarray) -> None:
        """The first errors of a lead: they have no size to be compared with."""
        scaled = errors / self.of.base[:, s, p, h]
        self._learn_sizes(s, h, scaled, np.abs(scaled))

    def _learn_sizes(
        self, s: np.ndarray, h: np.ndarray, scaled: np.ndarray, sizes: np.ndarray
    ) -> None:
        if (near := (h == 0) & (self.of.counts[s, h] > 0)).any():
            ratio = sizes[:, near] / np.maximum(self.of.slow[:, s[near], 0], TINY)
            ratio = np.minimum(ratio, LARGEST)  # a size near 0 says nothing
            self.of.recent[:] += self.scalers.fast[:, 0] * (ratio.mean(axis=1) - self.of.recent)
        self.of.counts[s, h] += 1
        first = 1 / self.of.counts[s, h]
        for mean, values, pace in (
            (self.of.fast, sizes, self.scalers.fast),
            (self.of.slow, sizes, rate(SLOW)),
            (self.of.bias, scaled, rate(BIAS)),
            (self.of.square, scaled**2, rate(BIAS)),
        ):
            mean[:, s, h] += np.maximum(pace, first) * (values - mean[:, s, h])

    def _learn_levels(self, h: np.ndarray, errors: np.ndarray, issued: np.ndarray) -> None:
        """Corrects the levels by how often errors were below the quantiles issued for them."""
        at, (below,) = by_lead(h, (errors <= issued)[None].astype(float))
        # errors of lead h overlap: there are fewer independent ones
        step = CORRECTION / np.sqrt(at + 1) * (below - TRACKED[:, None])
        self.of.levels[:, at] = np.clip(self.of.levels[:, at] - step, 0.001, 0.999)

    def _learn_weights(
        self,
        h: np.ndarray,
        errors: np.ndarray,
        base: np.ndarray,
        center: np.ndarray,
        size: np.ndarray,
    ) -> None:
        """Weighs the scalers by their pinball losses."""
        each = base[:, None] * (center[:, None] + size[:, None] * self.mixture.current[:, :, h])
        distance, above = errors - each, TRACKED[:, None]
        pinball = np.maximum(above * distance, (above - 1) * distance).mean(axis=1)
        at, (losses,) = by_lead(h, (pinball / (size[0] * base[0]))[None])
        self.of.loss_count[at] += 1
        pace = np.maximum(rate(LOSSES), 1 / self.of.loss_count[at])
        self.of.loss[at] += pace * (losses.mean(axis=0) - self.of.loss[at])
        surplus = (losses - losses.mean(axis=0)) / np.maximum(self.of.loss[at], LEAST)
        self.of.losses[:, at] = (1 - rate(LOSSES)) * self.of.losses[:, at] + surplus

    def _smoothed(self, sizes: np.ndarray) -> np.ndarray:
        """Sizes of leads with few errors, shrunk to those of the leads around them."""
        if self.of.counts.min() >= NEAR:
            return sizes
        steps = np.arange(self.horizon)
        near = 1 / (1 + np.abs(steps[:, None] - steps)) ** 2
        total = np.maximum(self.of.counts @ near, LEAST)
        others = (sizes * self.of.counts) @ near / total
        share = np.where(self.of.counts < NEAR, self.of.counts / (self.of.counts + NEIGHBORS), 1.0)
        return share * sizes + (1 - share) * others

    def _beyond_chance(self) -> np.ndarray:
        """The recent mean errors, shrunk by what chance explains; errors of a lead overlap."""
        leads = np.arange(1, self.horizon + 1)
        independent = np.maximum(np.minimum(self.of.counts, 2.9 * BIAS) / leads, LEAST)
        chance = CHANCE * np.maximum(self.of.square - self.of.bias**2, 0) / independent
        squared = self.of.bias**2
        return self.of.bias * np.where(squared > chance, squared - chance, 0.0) / (squared + TINY)

    def _groups(self, group: np.ndarray | None) -> np.ndarray:
        return self.of.rows % int(self.of.season) if group is None else np.asarray(group)


def _stride(season: int, horizon: int, width: int) -> int:
    """Tracked origins from one stored error path to the next: neighbors are alike. No divisor of
    the season, so that all its positions are stored."""
    stride = max(1, min(season, horizon) // 6, math.ceil(WINDOW / width))
    while season > 1 and math.gcd(stride, season) > 1:
        stride += 1
    return stride
