"""The delays of a closed loop, where they are not given."""

from dataclasses import replace

from ...zoo.factory import cell_factory
from .plan import Plan
from .preprocessing.rows import Rows
from .recipe import LONGEST
from .settings import Settings
from .strategies.arx import choose_delays

FEW_DELAYS = 12  # largest delay that is tried, where no season is longer


def with_delays(plan: Plan, settings: Settings, season: int, rows: list[Rows]) -> Plan:
    """Returns the plan with delays for a cell that has such, chosen from the training rows.

    Args:
        plan: which rows are for training, and the recipe.
        settings: settings of the forecaster; delays in its `cell_options` are used as they are.
        season: number of rows in a season.
        rows: all rows of each series.
    """
    factory, given = cell_factory(settings.cell), settings.cell_options or {}
    delayed = factory.by_class and factory.kind.has_feedback_delays
    if not delayed or plan.recipe.delays or {"input_delays", "feedback_delays"} <= given.keys():
        return plan
    training = [one[plan.unknown : end] for one, end in zip(rows, plan.training, strict=True)]
    longest = max(FEW_DELAYS, season + 1 if 1 < season <= LONGEST else 0)
    most = max(1, min(longest, plan.lookback * 3 // 4))  # a chunk holds some rows after them
    x, f = given.get("input_delays"), given.get("feedback_delays")
    Dx, Dy = choose_delays(training, most, x, f)
    if x is None and rows[0].observed.shape[1]:  # inputs that mark missing values at each delay
        Dx = sorted({0, *Dx, *Dy})
    chosen = {"input_delays": Dx, "feedback_delays": Dy}
    delays = {name: chosen[name] for name in chosen if name not in given}
    return replace(plan, recipe=replace(plan.recipe, delays=delays))
