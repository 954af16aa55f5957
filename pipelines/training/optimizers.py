"""The optimizer of a fit: by name, by config, or a fresh copy of an object."""

from collections.abc import Mapping
from typing import Any

import keras
from keras.optimizers import schedules

from ...errors import ArgumentError, ArgumentTypeError, one_of
from .keras_config import OWN, copied, from_config, in_words
from .keras_settings import OptimizerLike

SCHEDULES = ("plateau", "cosine")
DEFAULT = "adam"
#: What an object or a config brings itself.
ITS_OWN = ("learning_rate", "schedule", "ema_momentum")

WRAPPERS = (keras.optimizers.Optimizer, keras.optimizers.LossScaleOptimizer)
#: Keras's optimizers that a learning rate is enough for.
NAMES = {
    name: kind
    for name, kind in OWN.items()
    if issubclass(kind, keras.optimizers.Optimizer)
    and kind not in (*WRAPPERS, keras.optimizers.MultiOptimizer)
}


def check_optimizer(settings: Mapping[str, Any]) -> None:
    """Sees that `optimizer` can be used, and that nothing else is set which it brings itself.

    Args:
        settings: of an estimator.

    Raises:
        ArgumentError: Keras knows no such name or config, an object is not made by its config
            alone, or a learning rate is given beside one.
        ArgumentTypeError: neither a name, nor a config, nor an optimizer of Keras.
    """
    given = settings["optimizer"]
    if given is None:
        return
    if isinstance(given, str):
        _require_usable(given)
        return
    _require_kind(given)
    optimizer = fresh(given)
    beside = [name for name in ITS_OWN if settings.get(name) is not None]
    if beside:
        values = ", ".join(f"{name}={settings[name]!r}" for name in beside)
        raise ArgumentError(
            "An optimizer that is given as an object or a config brings its own learning rate, "
            f"schedule and averages: set them there, and leave {' and '.join(beside)} out; or "
            f"give the optimizer's name, as optimizer='adam'. Received: {values}, "
            f"optimizer={given!r}"
        )
    if hasattr(optimizer, "optimizers"):
        raise ArgumentError(
            "`optimizer` must have one learning rate, which the fit reports and halves: a "
            f"MultiOptimizer has several. Received: optimizer={given!r}"
        )
    if type(optimizer) is keras.optimizers.Optimizer:
        raise ArgumentError(
            "`optimizer` must be one of the subclasses of keras.optimizers.Optimizer, such as SGD. "
            f"Received: optimizer={given!r}"
        )


def fresh(given: Any) -> keras.optimizers.Optimizer:
    """An optimizer of its own from a config, or from an object, which is never trained with.

    Raises:
        ArgumentError: as `check_optimizer`.
        ArgumentTypeError: the config of something else.
    """
    if not isinstance(given, dict):
        return copied("optimizer", given)
    found = from_config("optimizer", given)
    _require_kind(found)
    return found


def new_optimizer(
    given: OptimizerLike | None,
    learning_rate: float,
    schedule: str = "plateau",
    ema_momentum: float = 0.0,
    *,
    steps: int,
) -> keras.optimizers.Optimizer:
    """The optimizer of one fit.

    By name, Adam where there is none: with the norm of the gradient of each weight matrix or
    vector clipped at 1. Objects and configs bring what the arguments below say.

    Args:
        given: the setting, checked.
        learning_rate: the largest.
        schedule: a name in `SCHEDULES`: `"plateau"` leaves the rate to `fit`; `"cosine"` lets it
            rise over the first twentieth of the steps and fall to a hundredth by the last.
        ema_momentum: share of the average of weights that is kept at each step; 0 averages none.
        steps: of the whole training.

    References: Kingma and Ba (2015), Adam; Loshchilov and Hutter (2017), SGDR; Polyak and
    Juditsky (1992), Acceleration of stochastic approximation by averaging.
    """
    if given is not None and not isinstance(given, str):
        return fresh(given)
    rate: Any = learning_rate
    if schedule == "cosine":
        warm = steps // 20
        rate = schedules.CosineDecay(
            learning_rate / 10, max(1, steps - warm), alpha=0.01,
            warmup_target=learning_rate, warmup_steps=warm,
        )  # fmt: skip
    averages: dict[str, Any] = (
        {"use_ema": True, "ema_momentum": ema_momentum} if ema_momentum else {}
    )
    return _named(given or DEFAULT)(rate, clipnorm=1.0, **averages)


def own_settings(given: OptimizerLike | None) -> dict[str, Any]:
    """What an object or a config brings in place of the settings in `ITS_OWN`; a name nothing."""
    if given is None or isinstance(given, str):
        return {}
    optimizer = fresh(given)
    own = inner(optimizer)
    rate = own.get_config()["learning_rate"]
    return {
        "learning_rate": float(f"{float(own.learning_rate):.6g}"),  # at the first step, a float32
        "schedule": rate["class_name"] if scheduled(own) else "plateau",
        "ema_momentum": float(own.ema_momentum) if own.use_ema else 0.0,
    }


def schedule_of(given: OptimizerLike | None, schedule: str = "plateau") -> str:
    """The schedule of a fit: `"plateau"` where there is none."""
    return own_settings(given).get("schedule", schedule)


def described(given: OptimizerLike | None) -> str:
    """The optimizer that is used, in short."""
    return in_words(given or DEFAULT)


def inner(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer itself, without the scaling of the loss that half precision puts around."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def scheduled(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether its learning rate follows a schedule, rather than being a number to be set."""
    return not isinstance(inner(optimizer).learning_rate, keras.Variable)


def _named(name: str) -> type[keras.optimizers.Optimizer]:
    """One of Keras's by its name, in letters of any size, or one that is registered."""
    registered = keras.saving.get_registered_object(name)
    if isinstance(registered, type) and issubclass(registered, keras.optimizers.Optimizer):
        return registered
    return NAMES[one_of("optimizer", name.lower(), NAMES)]


def _require_usable(name: str) -> None:
    kind = _named(name)
    if kind in NAMES.values():
        return
    try:
        kind(0.001, clipnorm=1.0)
    except Exception as error:  # whatever a constructor raises
        raise ArgumentError(
            f"`optimizer` is made from a learning rate and clipnorm where it is given by name, "
            f"and {name!r} is not: {error} Give an object. Received: optimizer={name!r}"
        ) from error


def _require_kind(given: Any) -> None:
    if isinstance(given, (dict, keras.optimizers.Optimizer)):
        return
    hint = ""
    if isinstance(given, type):
        hint = f" It is a class: give an object of it, {given.__name__}(…)."
    raise ArgumentTypeError(
        "`optimizer` must be a name such as 'sgd', a config such as {'class_name': 'SGD', "
        "'config': {'momentum': 0.9}}, or an object of keras.optimizers. "
        f"Received: optimizer={given!r}.{hint}"
    )
