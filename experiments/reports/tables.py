"""Tables of compared models, for terminals and pages."""

import numpy as np
import pandas as pd
from rich.console import Console

from ..comparison.format import p_text, percent
from ..comparison.models import Comparison, M
from ..comparison.summaries import Group, ModelSummary
from ..comparison.wording import against_baseline, error_heading, with_interval
from .terminal import frame_table, print_table

TEXT = ("model", "")  # columns that are no numbers


def print_comparison(comparison: Comparison[M], out: Console) -> None:
    """Prints the networks of a study, if seeds are repeated, and how good the best one is."""
    networks = comparison.networks
    if comparison.repeated:
        table = pd.DataFrame([model_cells(comparison, model) for model in networks])
        print_table(out, "\nModels, means over their seeds", frame_table(table, words=TEXT))
    if sentence := against_baseline(comparison, networks[0], with_score=False):
        out.print(f"{networks[0].label}: {sentence}", soft_wrap=True)


def print_group(group: Group, out: Console) -> None:
    """Prints the models of a group, baselines and costs included."""
    rows = [summary_cells(group.comparison, model) for model in group.comparison.ranking]
    print_table(out, group.title, frame_table(pd.DataFrame(rows), words=TEXT))


def model_cells(comparison: Comparison[M], model: M) -> dict[str, str]:
    """A model's row of the table: its mean error, compared with the best baseline."""
    best = comparison.best_baseline
    return {
        "model": model.label,
        f"{error_heading(comparison)} ±\u00a095\u00a0%": with_interval(model.mean, model.margin),
        "seeds": "" if model.baseline else str(len(model.scores)),
        f"against {best.label if best else 'baseline'}": (
            "" if model is best else percent(comparison.skill(model))
        ),
        "p": p_text(comparison.test(model).p),
        "": comparison.outcome(model),
    }


def summary_cells(comparison: Comparison[ModelSummary], model: ModelSummary) -> dict[str, str]:
    """The row of a model of the tracking store, with what it cost."""
    return model_cells(comparison, model) | {
        "weights": _number(model.average("weights"), ",.0f"),
        "ms a step": _number(model.step_ms, ".1f"),
        "seconds": _number(model.average("time/fit_s"), ".1f"),
    }


def _number(value: float, digits: str) -> str:
    return "" if np.isnan(value) else format(value, digits)
