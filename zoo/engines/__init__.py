"""Ways to run a cell over a sequence; a cell does not know which one runs it.

An engine is a function

```
engine(cell, sequences, states, mask=None) -> every state over time, last states
```

with `sequences` of shape `(batch, time, …)`, `mask` of `(batch, time)` or `None`. A
masked step holds all states. The first state is the output.
"""

from .scan import hoisted, scan

ENGINES = {"scan": scan, "hoisted": hoisted}

__all__ = ["ENGINES", "hoisted", "scan"]
