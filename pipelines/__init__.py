"""Forecasting and next-frame pipelines. They know no tracker, only a recorder.

A recorder is any object with the methods of `Recorder`; `None` records nothing.
"""

from .recorder import Recorder

__all__ = ["Recorder"]
