"""What a run logged before its process died, and is not to be written twice."""

from collections.abc import Iterable, Iterator
from typing import Any

from .records import Event


class SeenKeys:
    """Knows what a run has logged: when it continues, it logs some of it again, and the same.

    Args:
        events: Events of the process before.
    """

    def __init__(self, events: Iterable[Event] = ()):
        self._keys = {key for event in events for key in _keys(event.kind, event.data)}

    def fresh(self, kind: str, data: dict[str, Any]) -> dict[str, Any] | None:
        """What is new of an event; `None` if nothing is.

        Notes and files without a step always are: those of a process that died may not have been
        the last.
        """
        if kind in ("parameters", "metrics"):
            keys = zip(data["values"].items(), _keys(kind, data), strict=True)
            values = dict(item for item, key in keys if key not in self._keys)
            return data | {"values": values} if values else None
        return None if any(key in self._keys for key in _keys(kind, data)) else data


def _keys(kind: str, data: dict[str, Any]) -> Iterator[tuple]:
    if kind in ("parameters", "metrics"):
        yield from ((kind, name, data.get("step")) for name in data["values"])
    elif kind == "series":
        yield kind, data["name"]
    elif kind == "image":
        yield kind, data["name"], data["step"]
    elif kind == "dataset":
        yield kind, data["digest"], data["use"]
