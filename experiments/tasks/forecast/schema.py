"""What an experiment file of forecasts may hold."""

from typing import Any

from pydantic import BaseModel, create_model

from ....datasets import read_panel
from ...config.schema import FORBID, Schema, arguments

#: How many times a network is fitted, with seeds that count on, and how these forecast as one.
TOGETHER: dict[str, Any] = {"members": (int, 1), "aggregation": (str, "mean")}


class Split(BaseModel):
    """What is tested on, and not trained."""

    model_config = FORBID
    test_rows: int | None = None


def _forecaster() -> type:
    from ....pipelines.forecasting import Forecaster

    return Forecaster


def _data() -> type[BaseModel]:
    """Where series come from: a data set's name, or a path with the arguments of `read_panel`."""
    fields: dict[str, Any] = dict.fromkeys(("set", "path"), (str | None, None))
    fields |= arguments(read_panel, ("source",))
    fields |= {"rows": (int | None, None), "future_rows": (str | None, None)}
    return create_model("Data", __config__=FORBID, **fields)


SCHEMA = Schema(
    data=_data(),
    split=Split,
    estimator=_forecaster,
    settings=TOGETHER,
    keys={"audit": (bool, False)},
    paths=("path", "future_rows"),
)
