"""Tests a pipeline for leaks: rows after a cut are changed, and all that was known before the cut
must be unchanged, bit for bit."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from ....datasets import TimeSeries, TimeSeriesPanel
from ....errors import LeakError, whole_number
from ....messages import stamp

SEED = 0  # seed of the values that replace the future


@dataclass(frozen=True)
class LeakTrace:
    """The results of a pipeline for one series, and the row at which each is known.

    Attributes:
        fitted: fitted values by name, such as scalers and weights; known at row `fitted_at`.
        fitted_at: last row that fitting may use, including validation.
        features: values computed row by row, by name, each `(rows, …)`; row t is known at t.
        origins: rows from which forecasts are made, `(origins,)`.
        forecasts: forecasts by model, each `(origins, horizon)`; known at their origin.
        errors: errors by model, each `(origins, horizon)`; the error of lead h is known h rows
            after the origin.
    """

    fitted: dict[str, np.ndarray] = field(default_factory=dict)
    fitted_at: int = -1
    features: dict[str, np.ndarray] = field(default_factory=dict)
    origins: np.ndarray = field(default_factory=lambda: np.empty(0, int))
    forecasts: dict[str, np.ndarray] = field(default_factory=dict)
    errors: dict[str, np.ndarray] = field(default_factory=dict)

    def known_at(self, row: int) -> dict[str, np.ndarray]:
        """All that may be known once `row` has been read, by its name in messages."""
        known: dict[str, np.ndarray] = {}
        if row >= self.fitted_at:
            known |= {f"the fitted {name}": value for name, value in self.fitted.items()}
        for name, values in self.features.items():
            known[f"the feature {name}"] = values[: row + 1]
        early = self.origins <= row
        for name, values in self.forecasts.items():
            known[f"the forecasts of {name}"] = values[early]
        for name, values in self.errors.items():
            leads = np.arange(1, values.shape[1] + 1)
            known[f"the errors of {name}"] = values[self.origins[:, None] + leads <= row]
        return known


#: The pipeline to audit: from series to a trace of each.
Pipeline = Callable[[TimeSeriesPanel], Sequence[LeakTrace]]


@dataclass(frozen=True)
class LeakageReport:
    """The checks of an audit that found no leak.

    An audit covers all steps from the table as read to its scores. Columns that were computed
    before are taken as given: to audit them too, compute them inside the pipeline that is passed
    to `audit`.

    Attributes:
        cuts: times after which everything was changed in all series, in the column `cutoff`.
        checked: number of values known before a cut that did not change, by their name.
        leads: one row per lead: `step`, the shortest and longest time from origin to target
            (`shortest, longest`), and the number of `forecasts`.
        zone: time zone in which to show the times, where these are UTC.
    """

    cuts: pd.DataFrame
    checked: dict[str, int]
    leads: pd.DataFrame
    zone: str = ""

    def __str__(self) -> str:
        times = ", ".join(stamp(time, self.zone) for time in self.cuts["cutoff"])
        lines = [
            f"No leak from the table as it was read to its scores. After {times} all later values "
            "were overwritten, then permuted. Unchanged:"
        ]
        lines += [f"  {count:>12,} numbers in {name}" for name, count in self.checked.items()]
        lines += ["Time from origin to target:"]
        for step, shortest, longest, count in self.leads.itertuples(index=False):
            span = _span(shortest)
            if shortest != longest:
                span += f" to {_span(longest)}"
            lines.append(f"  lead {step}: {span} ({count:,} forecasts)")
        return "\n".join(lines)


def audit(
    pipeline: Pipeline, panel: TimeSeriesPanel | TimeSeries, horizon: int, cuts: int = 3
) -> LeakageReport:
    """Runs a pipeline on data with a changed future, and compares its results.

    At each cut all later values are overwritten and, in another run, permuted; known-future
    covariates only from `horizon` rows after the cut on.

    Args:
        pipeline: function from series to a `LeakTrace` of each; it must be deterministic.
        panel: series to run it on.
        horizon: number of leads, for which known-future covariates may be known.
        cuts: number of cuts, spread evenly over the times of all origins, beginning with the
            first.

    Raises:
        LeakError: a value known before a cut changed; names it and the row of the cut.
    """
    panel = TimeSeriesPanel.of(panel)
    whole_number("cuts", cuts)
    before = pipeline(panel)
    checked: dict[str, int] = {}
    times = [series.times[trace.origins] for series, trace in zip(panel, before, strict=True)]
    calendar = np.unique(np.concatenate(times))
    places = np.linspace(0, len(calendar) - 1, cuts).astype(int)
    tried = pd.DataFrame({"cutoff": np.unique(calendar[places])})
    for time in tried["cutoff"]:
        cut = [int((series.times <= time).sum()) - 1 for series in panel]
        for change in (_overwrite, _permute):
            after = pipeline(_change_future(panel, cut, horizon, change))
            for series, row, one, other in zip(panel, cut, before, after, strict=True):
                _compare(series, row, one.known_at(row), other.known_at(row), checked)
    return LeakageReport(tried, checked, _leads(panel, before, horizon), panel.schema.zone)


def _change_future(
    panel: TimeSeriesPanel,
    cut: Sequence[int],
    horizon: int,
    change: Callable[[np.ndarray, np.random.Generator], np.ndarray],
) -> TimeSeriesPanel:
    rng = np.random.default_rng(SEED)

    def changed() -> Iterator[TimeSeries]:
        for series, row in zip(panel, cut, strict=True):
            frame = series.frame.copy()
            for column in ("y", *panel.schema.past, *panel.schema.future):
                first = row + 1 + (horizon if column in panel.schema.future else 0)
                values = frame[column].to_numpy("float64").copy()
                values[first:] = change(values[first:], rng)
                frame[column] = values
            yield replace(series, frame=frame)

    return replace(panel, series=tuple(changed()))


def _overwrite(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random values far from all others, without missing ones."""
    there = values[~np.isnan(values)]
    size = np.abs(there).max() + there.std() + 1 if len(there) else 1.0
    return size * rng.uniform(10, 20, len(values))


def _permute(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(values)


def _compare(
    series: TimeSeries,
    row: int,
    before: dict[str, np.ndarray],
    after: dict[str, np.ndarray],
    checked: dict[str, int],
) -> None:
    same = {name: np.array_equal(v, after[name], equal_nan=True) for name, v in before.items()}
    if changed := [name for name, unchanged in same.items() if not unchanged]:
        time = stamp(series.times[max(row, 0)], series.schema.zone)
        raise LeakError(
            f"A leak: values known for series {series.unique_id!r} by {time} (row {row}) changed "
            f"with later rows: {', '.join(changed)}."
        )
    for name, value in before.items():
        if value.size:
            checked[name] = checked.get(name, 0) + value.size


def _span(time: pd.Timedelta) -> str:
    """A duration as text: 6 hours as `06:00:00`, a week as `7 days`."""
    return str(time).removeprefix("0 days ").removesuffix(" 00:00:00")


def _leads(panel: TimeSeriesPanel, traces: Sequence[LeakTrace], horizon: int) -> pd.DataFrame:
    durations = []
    for series, trace in zip(panel, traces, strict=True):
        times = series.times.to_numpy()
        steps = np.arange(1, horizon + 1)
        durations.append(times[trace.origins[:, None] + steps] - times[trace.origins][:, None])
    spans = np.concatenate(durations)
    return pd.DataFrame(
        {
            "step": np.arange(1, horizon + 1),
            "shortest": pd.to_timedelta(spans.min(axis=0)),
            "longest": pd.to_timedelta(spans.max(axis=0)),
            "forecasts": len(spans),
        }
    )
