"""Compiled kernels for the loop over time, on CPUs: see docs/engines.md."""

from .engine import Native

__all__ = ["Native"]
