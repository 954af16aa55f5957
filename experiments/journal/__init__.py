"""The journal of a run: written to the disk first, whole or with a known end."""

from .journal import Journal

__all__ = ["Journal"]
