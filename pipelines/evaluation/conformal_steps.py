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
    LEARNING,
    LOSSES,
    PRIOR,
    SCALERS,
    SEASONS,
    SEASONS_FIRST,
    SLOW,
    TRACKED,
    WINDOW,
    ErrorMemory,
)

TINY = np.finfo(float).tiny
LEAST = 1e-12  # least size, relative to the level of the series
NEAR = 30  # errors of a lead from which its size alone counts
NEIGHBORS = 2.0  # errors that the sizes of other leads are worth before


def _rate(half_life: float) -> float:
    return 1 - 0.5 ** (1 / half_life)


_FAST = np.array([_rate(one.fast) for one in SCALERS])[:, None]
_SHARE = np.array([one.share for one in SCALERS])[:, None, None]
_RELATIVE = np.array([one.relative for one in SCALERS])
_SEASONAL = np.array([one.seasonal for one in SCALERS])[:, None]
_BIAS = np.array([one.bias for one in SCALERS])[:, None, None]


class Steps:
    """Steps from one `ErrorMemory` to later ones; the first is not changed.

    At each row of a series: `observe` its value, then `add` the forecast from it, if there is one.
    """

    def __init__(self, memory: ErrorMemory):
        names = ErrorMemory.__dataclass_fields__
        for name in names:
            setattr(self, name, np.array(getattr(memory, name)))
        self._names = list(names)
        self.kinds, width, series, horizon = self.window.shape
        self.every = math.ceil(horizon / self.age.shape[1])  # origins from one tracked to the next
        self.stride = _stride(int(self.season), horizon, width)
        self.sorted = np.empty((self.kinds, width * series + len(PRIOR), horizon))
        self.number = np.zeros(horizon, int)
        self._sort(np.arange(horizon))
        self._refresh(np.arange(horizon))

    def memory(self) -> ErrorMemory:
        """The memory after the steps so far."""
        return ErrorMemory(**{name: np.array(getattr(self, name)) for name in self._names})

    def observe(self, values: np.ndarray, active: np.ndarray) -> None:
        """Takes the values of one row: the errors of earlier forecasts of it are then known.

        Args:
            values: `(S,)`; NaN where missing.
            active: which series have this row, `(S,)`.
        """
        self.age += (active[:, None] & (self.age > 0)).astype(int)
        waiting = active[:, None] & (self.age > 1)
        s, p = np.nonzero(waiting)
        h = self.age[s, p] - 2
        errors = values[s] - self.pending[s, p, h]
        known = ~np.isnan(errors) & ~np.isnan(self.size[0, s, p, h])
        first = ~np.isnan(errors) & ~known
        if known.any():
            self._learn(s[known], p[known], h[known], errors[known])
        if first.any():
            self._learn_first(s[first], p[first], h[first], errors[first])
        self.age[self.age > self.horizon] = 0
        there = active & ~np.isnan(values)
        self.rows += active
        sizes = np.abs(np.where(there, values, 0.0))
        rate = np.maximum(_rate(SLOW), 1 / np.maximum(self.rows, 1))
        self.level += np.where(there, rate * (sizes - self.level), 0.0)
        self.positive &= ~(there & (values <= 0))

    def add(
        self,
        forecast: np.ndarray,
        active: np.ndarray,
        spread: np.ndarray | None = None,
        group: np.ndarray | None = None,
    ) -> None:
        """Adds the forecasts from the last observed row: their errors will be learned.

        Args:
            forecast: `(S, H)`; leads that are NaN are not learned.
            active: which series have a forecast, `(S,)`.
            spread: predicted size of the errors, `(S, H)`, by which they are divided; all
                distributions are then in its unit.
            group: group of each origin, `(S,)`, from 0, below `season`; by default its position
                in the season.
        """
        tracked = active & (self.paths % self.every == 0)
        base, center, size, plain = self.standards(forecast, spread, group)
        issued = self._mixed(self.current, base, center, size)
        group = self._groups(group)
        for s in np.flatnonzero(tracked).tolist():
            p = int(self.paths[s] // self.every) % self.age.shape[1]
            self.age[s, p], self.group[s, p] = 1, group[s]
            count = self.paths[s] // self.every
            stored = count % self.stride == 0
            self.slot[s, p] = count // self.stride % self.window.shape[1] if stored else -1
            self.pending[s, p] = forecast[s]
            self.base[:, s, p], self.center[:, s, p] = base[:, s], center[:, s]
            self.size[:, s, p], self.plain[:, s, p] = size[:, s], plain[:, s]
            self.issued[:, s, p] = issued[:, s]
        self.paths += active

    def standards(
        self, forecast: np.ndarray, spread: np.ndarray | None, group: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """By what the errors of forecasts `(S, H)` are standardized: base, center, size and the
        size without the season, each `(K, S, H)`; the sizes are NaN before the first error."""
        unit = np.ones(forecast.shape) if spread is None else spread
        least = np.where(self.level > 0, self.level, 1.0)[:, None]
        level = np.where(self.positive[:, None], np.maximum(np.abs(forecast), FLOOR * least), 1.0)
        base = np.where(_RELATIVE[:, None, None], unit * level, unit)
        fast, slow = self._smoothed(self.fast), self._smoothed(self.slow)
        plain = fast**_SHARE * slow ** (1 - _SHARE)
        plain = np.where(self.counts > 0, np.maximum(plain, LEAST * least / base), np.nan)
        groups, series = self._groups(group), np.arange(len(self.rows))
        center = np.where(_BIAS, self._beyond_chance(), 0.0)
        center = center + np.nan_to_num(self.means[:, groups, series] * plain)
        return base, center, plain * self.sizes[:, groups, series], plain

    def quantiles(
        self,
        forecast: np.ndarray,
        levels: np.ndarray,
        spread: np.ndarray | None = None,
        group: np.ndarray | None = None,
    ) -> np.ndarray:
        """Quantiles of the values to come, from the last observed row.

        Args:
            forecast, spread, group: as for `add`.
            levels: increasing, within (0, 1).

        Returns:
            `(levels, S, H)`, increasing; NaN before the first error of a lead.
        """
        base, center, size, _ = self.standards(forecast, spread, group)
        corrected = np.sort(self.levels, axis=0)
        ends = np.zeros((1, self.horizon)), corrected, np.ones((1, self.horizon))
        at = _between(levels) @ np.concatenate(ends)
        standardized = self._at(at, np.arange(self.horizon))  # (K, levels, H)
        return forecast + np.sort(self._mixed(standardized, base, center, size), axis=0)

    @property
    def horizon(self) -> int:
        return self.counts.shape[1]

    def _learn(self, s: np.ndarray, p: np.ndarray, h: np.ndarray, errors: np.ndarray) -> None:
        base, center = self.base[:, s, p, h], self.center[:, s, p, h]
        size, plain = self.size[:, s, p, h], self.plain[:, s, p, h]
        scaled = errors / base
        self._learn_levels(h, errors, self.issued[:, s, p, h])
        self._learn_weights(h, errors, base, center, size)
        slot = self.slot[s, p]
        stored = slot >= 0
        if stored.any():
            standardized = (scaled - center)[:, stored] / size[:, stored]
            self.window[:, slot[stored], s[stored], h[stored]] = standardized
            changed = np.unique(h[stored])
            self._sort(changed)
        self._refresh(np.unique(h))
        group = self.group[s, p]
        if int(self.season) > 1:
            at = group, s, h
            self.seen[at] += 1
            rate = np.maximum(_rate(SEASONS), 1 / (self.seen[at] + SEASONS_FIRST))
            shift = (scaled - self.bias[:, s, h] * _BIAS[:, :, 0]) / plain - self.means[:, *at]
            self.means[:, *at] += _SEASONAL * rate * shift
            wider = np.abs(scaled - center) / plain - self.sizes[:, *at]
            self.sizes[:, *at] += _SEASONAL * rate * wider
        self._learn_sizes(s, h, scaled, np.abs(scaled - center) * plain / size)

    def _learn_first(self, s: np.ndarray, p: np.ndarray, h: np.ndarray, errors: np.ndarray) -> None:
        """The first errors of a lead: they have no size to be compared with."""
        scaled = errors / self.base[:, s, p, h]
        self._learn_sizes(s, h, scaled, np.abs(scaled))

    def _learn_sizes(
        self, s: np.ndarray, h: np.ndarray, scaled: np.ndarray, sizes: np.ndarray
    ) -> None:
        self.counts[s, h] += 1
        first = 1 / self.counts[s, h]
        for mean, values, rate in (
            (self.fast, sizes, _FAST),
            (self.slow, sizes, _rate(SLOW)),
            (self.bias, scaled, _rate(BIAS)),
            (self.square, scaled**2, _rate(BIAS)),
        ):
            mean[:, s, h] += np.maximum(rate, first) * (values - mean[:, s, h])

    def _learn_levels(self, h: np.ndarray, errors: np.ndarray, issued: np.ndarray) -> None:
        """Corrects the levels by how often errors were below the quantiles issued for them."""
        at, (below,) = self._by_lead(h, (errors <= issued)[None].astype(float))
        # errors of lead h overlap: there are fewer independent ones
        step = CORRECTION / np.sqrt(at + 1) * (below - TRACKED[:, None])
        self.levels[:, at] = np.clip(self.levels[:, at] - step, 0.001, 0.999)

    def _learn_weights(
        self,
        h: np.ndarray,
        errors: np.ndarray,
        base: np.ndarray,
        center: np.ndarray,
        size: np.ndarray,
    ) -> None:
        """Weighs the scalers by their pinball losses."""
        each = base[:, None] * (center[:, None] + size[:, None] * self.current[:, :, h])
        distance, above = errors - each, TRACKED[:, None]
        pinball = np.maximum(above * distance, (above - 1) * distance).mean(axis=1)
        at, (losses,) = self._by_lead(h, (pinball / (size[0] * base[0]))[None])
        self.loss_count[at] += 1
        rate = np.maximum(_rate(LOSSES), 1 / self.loss_count[at])
        self.loss[at] += rate * (losses.mean(axis=0) - self.loss[at])
        surplus = (losses - losses.mean(axis=0)) / np.maximum(self.loss[at], LEAST)
        self.losses[:, at] = (1 - _rate(LOSSES)) * self.losses[:, at] + surplus

    def _by_lead(self, h: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The leads in `h`, and the mean over series of `values (…, rows, len(h))` at each."""
        if len(h) == len(np.unique(h)):
            order = np.argsort(h)
            return h[order], values[..., order]
        at, place = np.unique(h, return_inverse=True)
        sums = np.zeros((*values.shape[:-1], len(at)))
        np.add.at(sums, (..., place), values)
        return at, sums / np.bincount(place)

    def _mixed(
        self, standardized: np.ndarray, base: np.ndarray, center: np.ndarray, size: np.ndarray
    ) -> np.ndarray:
        """Quantiles of errors from standardized ones `(K, levels, H)`, `(levels, S, H)`: the mean
        over the scalers by their weights."""
        each = base[:, None] * (center[:, None] + size[:, None] * standardized[:, :, None])
        return np.einsum("kh,klsh->lsh", self.weights, each)

    def _refresh(self, h: np.ndarray) -> None:
        """Computes weights and tracked quantiles anew, for some leads."""
        if not hasattr(self, "weights"):
            self.weights = np.empty((self.kinds, self.horizon))
            self.current = np.empty((self.kinds, len(TRACKED), self.horizon))
        losses = self.losses[:, h]
        weights = np.exp(-LEARNING * (losses - losses.min(axis=0)))
        self.weights[:, h] = weights / weights.sum(axis=0)
        self.current[:, :, h] = self._at(np.sort(self.levels[:, h], axis=0), h)

    def _sort(self, h: np.ndarray) -> None:
        """Sorts the windows of some leads anew."""
        errors = self.window[..., h].reshape(self.kinds, -1, len(h))
        prior = np.broadcast_to(PRIOR[:, None], (self.kinds, len(PRIOR), len(h)))
        self.sorted[..., h] = np.sort(np.concatenate([errors, prior], axis=1), axis=1)
        self.number[h] = (~np.isnan(errors[0])).sum(axis=0) + len(PRIOR)

    def _at(self, levels: np.ndarray, h: np.ndarray) -> np.ndarray:
        """Quantiles of the windows at `levels (levels, h)`, `(K, levels, h)`."""
        place = np.clip(levels * (self.number[h] + 1) - 1, 0, self.number[h] - 1)
        low = np.floor(place).astype(int)
        part, high = place - low, np.minimum(low + 1, self.number[h] - 1)
        return self.sorted[:, low, h] * (1 - part) + self.sorted[:, high, h] * part

    def _smoothed(self, sizes: np.ndarray) -> np.ndarray:
        """Sizes of leads with few errors, shrunk to those of the leads around them."""
        if self.counts.min() >= NEAR:
            return sizes
        steps = np.arange(self.horizon)
        near = 1 / (1 + np.abs(steps[:, None] - steps)) ** 2
        total = np.maximum(self.counts @ near, LEAST)
        others = (sizes * self.counts) @ near / total
        share = np.where(self.counts < NEAR, self.counts / (self.counts + NEIGHBORS), 1.0)
        return share * sizes + (1 - share) * others

    def _beyond_chance(self) -> np.ndarray:
        """The recent mean errors, shrunk by what chance explains; errors of a lead overlap."""
        leads = np.arange(1, self.horizon + 1)
        independent = np.maximum(np.minimum(self.counts, 2.9 * BIAS) / leads, LEAST)
        chance = CHANCE * np.maximum(self.square - self.bias**2, 0) / independent
        squared = self.bias**2
        return self.bias * np.where(squared > chance, squared - chance, 0.0) / (squared + TINY)

    def _groups(self, group: np.ndarray | None) -> np.ndarray:
        return self.rows % int(self.season) if group is None else np.asarray(group)


def _stride(season: int, horizon: int, width: int) -> int:
    """Tracked origins from one stored error path to the next: neighbors are alike. No divisor of
    the season, so that all its positions are stored."""
    stride = max(1, min(season, horizon) // 6, math.ceil(WINDOW / width))
    while season > 1 and math.gcd(stride, season) > 1:
        stride += 1
    return stride


def _between(levels: np.ndarray) -> np.ndarray:
    """Weights of linear interpolation, `(levels, 2 + tracked)`, between 0, the tracked levels and
    1."""
    known = np.concatenate([[0.0], TRACKED, [1.0]])
    return np.stack([np.interp(levels, known, one) for one in np.eye(len(known))], axis=1)
