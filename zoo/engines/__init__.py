"""Ways to run a cell over a sequence; a cell does not know which one runs it.

An engine is a function

```
engine(cell, sequences, states, mask=None) -> every state over time, last states
```

with `sequences` of shape `(batch, time, …)`, `mask` of `(batch, time)` or `None`. A
masked step holds all states. The first state is the output.
"""

from typing import Any

from .parallel import parallel
from .scan import hoisted, scan

ENGINES = {"scan": scan, "hoisted": hoisted, "parallel": parallel}


def natural(cell: Any) -> str:
    """The engine that a cell is run by unasked."""
    return "parallel" if cell.loopless and cell.any_length else "scan"


__all__ = ["ENGINES", "hoisted", "natural", "parallel", "scan"]
