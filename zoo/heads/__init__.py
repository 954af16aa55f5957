"""Heads: what a network says about a value ahead, by name."""

from .base import Head
from .negative_binomial import NegativeBinomial
from .normal import Normal
from .quantiles import Quantiles
from .student_t import StudentT
from .zero_inflated import ZeroInflated

HEADS: dict[str, type[Head]] = {
    "quantiles": Quantiles,
    "normal": Normal,
    "student_t": StudentT,
    "negative_binomial": NegativeBinomial,
    "zero_inflated": ZeroInflated,
}

__all__ = [
    "HEADS",
    "Head",
    "NegativeBinomial",
    "Normal",
    "Quantiles",
    "StudentT",
    "ZeroInflated",
]
