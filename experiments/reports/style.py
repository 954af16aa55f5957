"""Colors of models in every chart, and tables in Markdown."""

from typing import Any
from zlib import crc32

import pandas as pd

from ...zoo.cells import CELLS

#: One a cell, after Okabe and Ito and after Tol, who chose them for the color-blind as well;
#: baselines are gray.
COLORS = [
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7B3294", "#8C510A"),
    *("#882255", "#117733", "#332288", "#AA4499", "#999933", "#44AA99", "#661100", "#6699CC"),
    *("#DDAA33", "#BB5566", "#004488", "#F0E442"),
]
GRAYS = ["#222222", "#777777", "#AAAAAA", "#CCCCCC", "#4D4D4D", "#919191"]


def color_of(cell: str) -> str:
    """The color that a cell has in every chart."""
    place = list(CELLS).index(cell) if cell in CELLS else crc32(cell.encode())
    return COLORS[place % len(COLORS)]


def markdown(table: pd.DataFrame) -> str:
    """A table in Markdown, numbers to four digits."""

    def text(value: Any) -> str:
        if pd.isna(value):
            return ""
        shown = f"{value:.4g}" if isinstance(value, float) else str(value)
        return shown.replace("|", "\\|")

    rows = [[str(name) for name in table], ["---"] * len(table.columns)]
    rows += [[text(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
