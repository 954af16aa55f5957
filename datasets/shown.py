"""How data and results are shown in a notebook: a heading, sentences, a table."""

from collections.abc import Sequence
from html import escape

import pandas as pd

ROWS = 30  # of a table, at most


def html_page(title: str, sentences: Sequence[str], table: pd.DataFrame | None = None) -> str:
    """A heading, sentences and a table in HTML; all text is escaped.

    Args:
        title: the heading.
        sentences: a paragraph each.
        table: its first `ROWS` rows are shown.
    """
    parts = [f"<p><strong>{escape(title)}</strong></p>"]
    parts += [f"<p>{escape(sentence)}</p>" for sentence in sentences]
    if table is not None:
        parts.append(
            table.head(ROWS).to_html(index=False, na_rep="", float_format=error_text, border=0)
        )
        if len(table) > ROWS:
            parts.append(f"<p>… and {len(table) - ROWS:,} more</p>")
    return "".join(parts)


def error_text(value: float) -> str:
    """A number to four digits: `0.01234`, `2.87`, `13210`.

    >>> error_text(2.8651), error_text(0.012341), error_text(13210.4)
    ('2.865', '0.01234', '13210')
    """
    number = f"{value:#.4g}".rstrip(".")
    return f"{value:.0f}" if 1e3 <= abs(value) < 1e15 else number
