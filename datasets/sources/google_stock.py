"""Google's share price, from matplotlib's sample data."""

from ..series import TimeSeries
from ..tabular.read import read_series


def load() -> TimeSeries:
    """Daily adjusted close of the Google share, USD.

    1,047 trading days, 2004-08-19 to 2008-10-14; holidays are left out, not filled. Target
    `adj_close` in USD, adjusted by its source as of 2008. The season is 5 trading days.

    Source: the file `goog.npz` inside the installed package matplotlib, which took it from
    Yahoo! Finance and states no licence for it. No network is used.
    """
    import numpy as np
    import pandas as pd
    from matplotlib.cbook import get_sample_data

    with np.load(get_sample_data("goog.npz", asfileobj=False), allow_pickle=False) as arrays:
        prices = arrays["price_data"]
    frame = pd.DataFrame({"date": prices["date"], "adj_close": prices["adj_close"]})
    return read_series(
        frame,
        time="date",
        target="adj_close",
        name="google-stock",
        frequency="B",
        season=5,
        unit="USD",
    )
