"""What a study found, on the terminal."""

from rich.console import Console

from ..comparison.ranking import ByModel
from .terminal import frame_table, print_table


def print_verdict(found: ByModel, out: Console) -> None:
    """The models over their seeds, where there are several, and what is known of the best."""
    if found.several:
        table = frame_table(found.table(), words=("model", ""))
        print_table(out, "\nModels, means over their seeds", table)
    if told := found.verdict_in_words():
        out.print(told, soft_wrap=True)
