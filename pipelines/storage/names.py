"""Safe file names."""

import re

from ...errors import ArgumentError

BYTES = 200  # most bytes of a file name: systems allow 255, and temporary names are longer
ENDING = 10  # most letters of a file ending


def slug(name: str) -> str:
    """Returns `name` with unsafe characters replaced, as a file name."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "unnamed"


def short(name: str, limit: int) -> str:
    """Shortens a file name to at most `limit` bytes, but not its ending."""
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending) > ENDING:
        stem, dot, ending = name, "", ""
    room = limit - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore") + dot + ending


class Names:
    """Safe, short and unique file names in a folder.

    Args:
        reserved: names that may not be used.
    """

    def __init__(self, *reserved: str):
        self._given: dict[str, tuple] = {name.casefold(): () for name in reserved}

    def __call__(self, name: str, ending: str = "", step: int | None = None) -> str:
        """Returns the file name for `name`; the same arguments give the same file name.

        Raises:
            ArgumentError: the file name is reserved, or used for another name.
        """
        end = ("" if step is None else f"-{step:06d}") + ending
        safe = short(slug(name), BYTES - len(end.encode())) + end
        thing = (name, ending, step)
        holder = self._given.setdefault(safe.casefold(), thing)
        if holder == thing:
            return safe
        whose = f"{holder[0]!r} has that name already" if holder else "it is the journal's own"
        raise ArgumentError(f"{name!r} cannot be the file {safe}: {whose}. Name it otherwise.")
