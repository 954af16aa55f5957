"""The base of the estimators: scikit-learn's, with one value for all that `fit` finds."""

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from sklearn.base import clone
from sklearn.exceptions import NotFittedError

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

    def _require_fit(self) -> Fitted:
        if not hasattr(self, "fitted_"):
            name = type(self).__name__
            raise NotFittedError(f"This {name} is not fitted yet: call `fit` or `load` first.")
        return self.fitted_


__all__ = ["BaseEstimator", "Estimator"]
