"""Recurrent cells, the loop that runs them, and the networks built from them."""

from .._quiet import import_keras

import_keras()
