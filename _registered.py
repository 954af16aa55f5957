"""Registers our layers with Keras as soon as both are imported, so that saved models load.

Keras finds the class of a layer in its table of registered classes, which holds a class once its
module has been imported; our modules are imported only when they are used.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

LAYERS = "rnnzoo.zoo.registered"


def register_with_keras() -> None:
    """Imports our layers: now if Keras is loaded, else right after it is."""
    if "keras" in sys.modules:
        import_module(LAYERS)
    elif not any(isinstance(finder, _AfterKeras) for finder in sys.meta_path):
        sys.meta_path.insert(0, _AfterKeras())


class _AfterKeras:
    """Finds Keras as Python would, and imports our layers when it has been loaded."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "keras":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_both(module: Any) -> None:
                load(module)
                # not before: some programs look for Keras long before they import it
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                import_module(LAYERS)

            spec.loader.exec_module = load_both  # type: ignore[method-assign]
        return spec
