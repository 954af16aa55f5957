"""scikit-learn's base class of estimators, with the types that scikit-learn leaves out."""

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:  # a base without types would let type checkers accept any attribute

    class BaseEstimator:
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...

        def set_params(self, **params: Any) -> Self: ...

else:
    from sklearn.base import BaseEstimator

__all__ = ["BaseEstimator"]
