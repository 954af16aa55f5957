"""The result of a rolling-origin backtest, as a notebook shows it."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ....datasets.shown import error_text, html_page
from ....messages import counted, stamp
from ...evaluation.metrics import skill
from .scored import ScoredForecasts

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CHANCE = 0.05  # a p-value from which on a difference may be luck


@dataclass(frozen=True, repr=False)
class Backtest(ScoredForecasts):
    """Forecasts from rolling origins, with the scores, intervals, tests and charts of them.

    Attributes: as of `RollingForecasts`.
    """

    @property
    def verdict(self) -> str:
        """The network's error next to that of the best baseline, in a sentence or two."""
        kind, unit = self.error.upper(), f" {self.unit}" if self.error == "mae" else ""
        own = float(self.errors(self.model)[self.error])
        said = f"{self.model}: {kind} {error_text(own)}{unit.rstrip()}"
        best = self.best_baseline
        if not best:
            return f"{said}, without a baseline to compare it with."
        other = float(self.errors(best)[self.error])
        share = float(skill(own, other))
        against = f"{best}, the best baseline, with {error_text(other)}"
        if not math.isfinite(share):
            return f"{said}; {against}."
        less = "less" if share >= 0 else "more"
        p = self.p_against(best)
        number = "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
        luck = (
            "Too little is known to say whether that is more than luck."
            if math.isnan(p)
            else f"That may be luck ({number})."
            if p >= CHANCE
            else f"Luck alone would hardly do that ({number})."
        )
        return f"{said}, {abs(100 * share):.1f} % {less} than {against}. {luck}"

    @property
    def _title(self) -> str:
        series = len(set(self.ids))
        several = f", {series:,} series" if series > 1 else ""
        first, last = (stamp(time, self.zone) for time in (self.origins.min(), self.origins.max()))
        return (
            f"{self.name}{several}: {counted(self.horizon, 'step')} ahead from "
            f"{counted(len(self.origins), 'origin')}, {first} to {last}"
        )

    def __repr__(self) -> str:
        return f"<Backtest of {self.model} on {self._title}>\n{self.verdict}"

    def _repr_html_(self) -> str:
        """For notebooks: the verdict and the leaderboard."""
        return html_page(self._title, [self.verdict], self.leaderboard)

    def plot(self) -> "Figure":
        """Draws the last forecasts over the truth, with their intervals; see `fan_chart`."""
        from .charts import fan_chart

        return fan_chart(self)

    def plot_leads(self) -> "Figure":
        """Draws the error of the network and the baselines by lead; see `lead_chart`."""
        from .charts import lead_chart

        return lead_chart([self])
