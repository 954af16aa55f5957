"""Forecasting and next-frame pipelines. They import no tracker; they log to a recorder.

A recorder is any object with the methods of `Recorder`; `None` logs nothing.
"""

from .recorder import Recorder

__all__ = ["Recorder"]
