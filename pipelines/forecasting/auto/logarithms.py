"""Values that are not above 0, which models of the logarithm cannot read.

From such a value on these models are left out of the forecasts of its series. Networks read the
last value above 0 in its place, so that their state follows the series all the same.
"""

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ....datasets import TimeSeries, TimeSeriesPanel
from ....messages import counted, stamp
from ..fitted import FittedForecaster


def has_low(panel: TimeSeriesPanel) -> np.ndarray:
    """Whether each series has a value that is not above 0, `(series,)`."""
    return np.array([_low(series).any() for series in panel])


def reads_logarithms(network: FittedForecaster) -> bool:
    """Whether a network reads a logarithm or power of the target."""
    return network.transform.power_ is not None


def readable(network: FittedForecaster, panel: TimeSeriesPanel) -> TimeSeriesPanel:
    """A panel that a network can read: values that its transform cannot take are replaced."""
    if not reads_logarithms(network) or not has_low(panel).any():
        return panel
    return replace(panel, series=tuple(_without_low(network, series) for series in panel))


def warn_of_low(panel: TimeSeriesPanel, models: Sequence[Sequence[str]]) -> None:
    """Warns of values that are not above 0.

    Args:
        panel: series.
        models: models of each series that cannot read such a value.
    """
    zone = panel.schema.zone
    for series, names in zip(panel, models, strict=True):
        rows = np.flatnonzero(_low(series))
        if len(rows) and names:
            warnings.warn(
                f"Series {series.unique_id!r}: {counted(len(rows), 'value')} of "
                f"{panel.schema.target!r} not above 0, first at "
                f"{stamp(series.times[rows[0]], zone)}, of which there is no logarithm. From "
                f"there on {', '.join(names)} do not forecast this series, and the others share "
                "their weights. `fit` anew to choose among all models.",
                UserWarning,
                stacklevel=5,
            )


def warn_of_left_out(name: str, reason: str) -> None:
    """Warns that a model was not fitted anew."""
    warnings.warn(
        f"{name} is left out, and the others share its weight: {reason}", UserWarning, stacklevel=5
    )


def _low(series: TimeSeries) -> np.ndarray:
    return series.values(["y"])[:, 0] <= 0


def _without_low(network: FittedForecaster, series: TimeSeries) -> TimeSeries:
    transform, one, y = network.transform, series.unique_id, series.frame["y"]
    typical = float(transform.inverse(one, transform.level_[one].mean_[0]))
    last = y.where(y > 0).ffill().fillna(typical)
    return replace(series, frame=series.frame.assign(y=y.mask(_low(series), last)))
