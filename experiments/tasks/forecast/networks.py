"""The networks of a study: of named cells, or what is fitted if none is named."""

from typing import Any

from ....errors import ArgumentError, whole_number
from ....pipelines.forecasting import AutoForecaster, Ensemble, Forecaster
from ...config.own_cells import labeled
from .ahead import Network

AUTO = "auto"
MEMBERS = 1000  # networks that forecast as one, at most


def networks_of(
    cells: list[str],
    settings: dict[str, Any],
    seeds: int,
    aggregation: str,
    effort: str | None = None,
) -> dict[str, Network]:
    """Unfitted networks of some cells with the same settings, by label.

    Args:
        cells: names of cells, or `module:Class` of a user's own; `auto` for an
            `AutoForecaster`.
        settings: arguments of every `Forecaster`.
        seeds: times that each network is fitted; with more than one they forecast together.
        aggregation: how they do, `"mean"` or `"median"`.
        effort: that of `auto`.

    Raises:
        ArgumentError: settings that cannot be used; an effort without `auto`.
    """
    if whole_number("seeds", seeds) > MEMBERS:
        raise ArgumentError(f"`seeds` must be at most {MEMBERS}. Received: seeds={seeds}")
    if effort is not None and AUTO not in cells:
        raise ArgumentError(
            f"--effort is a setting of auto, and {', '.join(cells)} is fitted: leave it out, or "
            "name auto, as --cell auto, without settings of networks. "
            f"Received: --effort {effort}"
        )
    networks: dict[str, Network] = {}
    if AUTO in cells:
        networks[AUTO] = _automatic(settings | ({} if effort is None else {"effort": effort}))
    for label, cell in labeled([cell for cell in cells if cell != AUTO]).items():
        one = Forecaster(cell, **settings)
        together = Ensemble([one], aggregation, seeds)
        networks |= {label: one} if seeds == 1 else {together.name: together}
    return networks


def default_cells(settings: dict[str, Any], seeds: int) -> tuple[list[str], str]:
    """What forecasts if no cell is named: `auto`, but a GRU if settings of a network are given;
    and in words why it is not `auto`, empty if it is."""
    try:
        _automatic(settings)
    except ArgumentError as error:
        return ["gru"], f"gru is fitted, not auto: {error}"
    if seeds == 1:
        return [AUTO], ""
    why = f"gru is fitted {seeds} times, not auto, which is fitted once (--seeds {seeds})."
    return ["gru"], why


def _automatic(settings: dict[str, Any]) -> AutoForecaster:
    """An `AutoForecaster`, which takes a few of the settings only.

    Raises:
        ArgumentError: others are given.
    """
    own = AutoForecaster().get_params(deep=False)
    default = Forecaster().get_params(deep=False)
    others = [k for k, v in settings.items() if k not in own and v != default[k]]
    if others:
        raise ArgumentError(
            f"auto chooses {', '.join(others)} itself: leave "
            f"{'it' if len(others) == 1 else 'them'} out, or name cells, as --cell gru."
        )
    return AutoForecaster(**{k: v for k, v in settings.items() if k in own})
