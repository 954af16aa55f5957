"""Values far from all others, which often mean missing: −9999, 1e20 and the like."""

import warnings
from collections import Counter

import numpy as np

from ....datasets import TimeSeriesPanel, na_remedy
from ....messages import counted

FAR = 10  # ranges of all others beyond which a value that repeats is far
FEWEST = 10  # different other values that have a range worth the name
#: Numbers that data loggers, weather services and file formats write where they have no value.
KNOWN = np.array(
    [
        *(sign * value for value in (999, 9999, 99999, 999999, 9999999) for sign in (1, -1)),
        *(sign * value for value in (99.9, 99.99, 999.9, 999.99, 9999.9) for sign in (1, -1)),
        *(-99, -888, -8888, -88888, -777, -7777, 8888, 88888),
        *(-32768, 32767, 65535, -(2**31), 2**31 - 1, 2**32 - 1),
        *(sign * 10.0**k for k in (20, 30, 31, 32, 34, 35, 36) for sign in (1, -1)),
        9.96920996838687e36,  # netCDF's
    ],
    "float64",
)


def warn_of_far_values(panel: TimeSeriesPanel) -> None:
    """Warns of values in target and covariates that look like signs of missing ones.

    Args:
        panel: the rows to fit of every series.
    """
    schema = panel.schema
    names = ("y", *schema.past, *schema.future)
    found: dict[str, Counter] = {name: Counter() for name in names}
    others: dict[str, tuple[float, float]] = {}
    for series in panel:
        values = series.values(names).copy()
        if series.filled is not None:
            values[:, : series.filled.shape[1]][series.filled] = np.nan
        for name, column in zip(names, values.T, strict=True):
            far = far_values(column)
            if far:
                found[name].update(far)
                rest = column[~np.isnan(column) & ~np.isin(column, list(far))]
                low, high = others.get(name, (np.inf, -np.inf))
                others[name] = min(low, rest.min()), max(high, rest.max())
    for name, far in found.items():
        if not far:
            continue
        column = schema.target if name == "y" else name
        listed = ", ".join(f"{counted(n, 'value')} of {sign:.10g}" for sign, n in far.items())
        low, high = others[name]
        remedy = na_remedy(list(far), "" if schema.masked else "missing")
        warnings.warn(
            f"Column {column!r} has {listed} in the rows to fit, far from all others, which are "
            f"between {low:g} and {high:g}. If they mean missing, say so where the table is read: "
            f"{remedy}.",
            UserWarning,
            stacklevel=4,
        )


def far_values(values: np.ndarray) -> dict[float, int]:
    """The values of one column that look like signs of missing ones, and how often each occurs.

    A well-known sign is one if it is outside the range of the others by more than that range. Any
    other value is one if it repeats, and is further than ten times that range from all others;
    whole numbers from 0 on are not: demand that comes in single large orders looks like that.
    """
    unique, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if len(unique) < 2:
        return {}
    known = np.isclose(unique[:, None], KNOWN, rtol=1e-6, atol=0).any(axis=1)
    found: dict[float, int] = {}
    if not known.all():
        low, high = unique[~known].min(), unique[~known].max()
        span = high - low
        beyond = np.maximum(low - unique, unique - high)
        far = known & (beyond > span) & ((span > 0) | (unique < 0))
        found = dict(zip(unique[far].tolist(), counts[far].tolist(), strict=True))
        unique, counts = unique[~far], counts[~far]
    if (unique >= 0).all() and (unique == np.floor(unique)).all():
        return found
    while len(unique) > FEWEST:
        first = counts[0] > 1 and unique[1] - unique[0] > FAR * (unique[-1] - unique[1])
        last = counts[-1] > 1 and unique[-1] - unique[-2] > FAR * (unique[-2] - unique[0])
        if not (first or last):
            break
        place = 0 if first else -1
        found[float(unique[place])] = int(counts[place])
        unique, counts = np.delete(unique, place), np.delete(counts, place)
    return found
