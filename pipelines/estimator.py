"""The base of the estimators: scikit-learn's, with one value for all that `fit` finds."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from .storage.model import PackedModel
from .training.keras_config import is_object

if TYPE_CHECKING:  # a base without types would let type checkers accept any attribute

    class BaseEstimator:
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_params(self, **params: Any) -> Self: ...

else:
    from sklearn.base import BaseEstimator

Fitted = TypeVar("Fitted")
SHARED = ("cell", "cells")  # settings that copies share


class Estimator(BaseEstimator, Generic[Fitted]):
    """Settings in the constructor, and after `fit` one value.

    Attributes:
        fitted_: all that the last fit found, assigned once it is done: a fit that fails leaves
            what was there before. Missing before the first.
    """

    fitted_: Fitted

    def __sklearn_clone__(self) -> Self:
        """An unfitted one with the same settings.

        Cells, optimizers and losses are shared, as no fit changes them; Keras would copy them by
        their config, which may leave arguments out.
        """
        settings = self.get_params(deep=False)
        return type(self)(
            **{
                key: value if key in SHARED or is_object(value) else clone(value, safe=False)
                for key, value in settings.items()
            }
        )

    @property
    def is_fitted(self) -> bool:
        """Whether there has been a fit."""
        return "fitted_" in vars(self)

    def __getstate__(self) -> dict[str, Any]:
        """For process pools: networks are pickled as the files that `save` writes."""
        return vars(self) | ({"fitted_": self._packed()} if self.is_fitted else {})

    def __setstate__(self, state: dict[str, Any]) -> None:
        own = {"fitted_": self._unpacked(state["fitted_"])} if "fitted_" in state else {}
        self.__dict__.update(state | own)

    def __copy__(self) -> Self:
        return self._copied({**vars(self)})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Fitted values, which never change, are shared."""
        own = {name: value for name, value in vars(self).items() if name != "fitted_"}
        return self._copied(vars(self) | deepcopy(own, memo))

    def _copied(self, state: dict[str, Any]) -> Self:
        new = object.__new__(type(self))
        new.__dict__.update(state)
        return new

    def _packed(self) -> PackedModel:
        """The fitted value as the content of its files."""
        raise NotImplementedError(f"{type(self).__name__} must define `_packed`.")

    def _unpacked(self, packed: PackedModel) -> Fitted:
        """The value that `_packed` packed."""
        raise NotImplementedError(f"{type(self).__name__} must define `_unpacked`.")

    def _require_fit(self) -> Fitted:
        if not hasattr(self, "fitted_"):
            name = type(self).__name__
            raise NotFittedError(f"This {name} is not fitted yet: call `fit` or `load` first.")
        return self.fitted_


__all__ = ["BaseEstimator", "Estimator"]
