"""The optimizer of a fit: given by name, by config, or as an object that is copied."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras.optimizers import schedules

from ...errors import ArgumentError, ArgumentTypeError, one_of
from ...zoo.backend.eager import uncompiled
from .keras_config import OWN, from_config, in_words, make_copy
from .keras_settings import OptimizerLike

SCHEDULES = ("plateau", "cosine")
DEFAULT = "adam"
#: Settings that an optimizer given as an object or a config has itself.
ITS_OWN = ("learning_rate", "schedule", "ema_momentum")

WRAPPERS = (keras.optimizers.Optimizer, keras.optimizers.LossScaleOptimizer)
#: Keras's optimizers that can be made from a learning rate alone.
NAMES = {
    name: kind
    for name, kind in OWN.items()
    if issubclass(kind, keras.optimizers.Optimizer)
    and kind not in (*WRAPPERS, keras.optimizers.MultiOptimizer)
}


def check_optimizer(settings: Mapping[str, Any]) -> None:
    """Checks the setting `optimizer`, and that no setting contradicts it.

    Args:
        settings: settings of an estimator.

    Raises:
        ArgumentError: Keras has no such name or config; an object cannot be made from its config
            alone; or a learning rate, schedule or average is given in addition to one.
        ArgumentTypeError: neither a name, nor a config, nor an optimizer of Keras.
    """
    given = settings["optimizer"]
    if given is None:
        return
    if isinstance(given, str):
        _require_usable(given)
        return
    _require_kind(given)
    optimizer = new_from_setting(given)
    twice = [name for name in ITS_OWN if settings.get(name) is not None]
    if twice:
        values = ", ".join(f"{name}={settings[name]!r}" for name in twice)
        raise ArgumentError(
            "An optimizer that is given as an object or a config has its own learning rate, "
            f"schedule and averages: set them there, and leave {' and '.join(twice)} out; or "
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


def new_from_setting(given: Any) -> keras.optimizers.Optimizer:
    """Makes a new optimizer from a config, or from an object, which itself is never trained.

    Raises:
        ArgumentError: as for `check_optimizer`.
        ArgumentTypeError: a config of something else.
    """
    if not isinstance(given, dict):
        return make_copy("optimizer", given)
    optimizer = from_config("optimizer", given)
    _require_kind(optimizer)
    return optimizer


def new_optimizer(
    given: OptimizerLike | None,
    learning_rate: float,
    schedule: str = "plateau",
    ema_momentum: float = 0.0,
    *,
    steps: int,
) -> keras.optimizers.Optimizer:
    """Makes the optimizer of one fit.

    An optimizer given by name (by default Adam) clips the norm of the gradient of each weight
    matrix or vector at 1. An object or a config has its own settings in place of the arguments
    below.

    Args:
        given: the checked setting `optimizer`.
        learning_rate: largest learning rate.
        schedule: name in `SCHEDULES`: with `"plateau"`, `fit` sets the rate; with `"cosine"` it
            rises over the first twentieth of the steps and falls to a hundredth by the last.
        ema_momentum: momentum of the exponential moving average of the weights; 0 for none.
        steps: number of steps of the whole training.

    References: Kingma and Ba (2015), Adam; Loshchilov and Hutter (2017), SGDR; Polyak and
    Juditsky (1992), Acceleration of stochastic approximation by averaging.
    """
    if given is not None and not isinstance(given, str):
        return new_from_setting(given)
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
    return _class_named(given or DEFAULT)(rate, clipnorm=1.0, **averages)


def replayed_optimizer(
    given: OptimizerLike | None, rates: Sequence[float], ema_momentum: float = 0.0, *, steps: int
) -> keras.optimizers.Optimizer:
    """Makes an optimizer whose learning rate follows that of another fit.

    Args:
        given: the checked setting `optimizer`.
        rates: learning rates, each for an equal share of the training.
        ema_momentum: momentum of the exponential moving average of the weights; 0 for none.
        steps: number of steps of the whole training.
    """
    optimizer = new_optimizer(given, rates[0], ema_momentum=ema_momentum, steps=steps)
    begins = np.linspace(0, steps, len(rates), endpoint=False).round().astype(int).tolist()
    changes = [k for k in range(1, len(rates)) if rates[k] != rates[k - 1]]
    if changes:
        schedule = schedules.PiecewiseConstantDecay(
            [begins[k] for k in changes], [rates[k] for k in (0, *changes)]
        )
        inner(optimizer).learning_rate = schedule
    elif has_schedule(optimizer):
        inner(optimizer).learning_rate = rates[0]
    return optimizer


def own_settings(given: OptimizerLike | None) -> dict[str, Any]:
    """The settings in `ITS_OWN` that an object or a config has itself; empty for a name."""
    if given is None or isinstance(given, str):
        return {}
    optimizer = new_from_setting(given)
    own = inner(optimizer)
    rate = own.get_config()["learning_rate"]
    return {
        # of the first step, without the digits that a float32 does not have
        "learning_rate": float(f"{current_rate(own):.6g}"),
        "schedule": rate["class_name"] if has_schedule(own) else "plateau",
        "ema_momentum": float(own.ema_momentum) if own.use_ema else 0.0,
    }


def schedule_of(given: OptimizerLike | None, schedule: str = "plateau") -> str:
    """The name of the schedule of a fit; `"plateau"` for none."""
    return own_settings(given).get("schedule", schedule)


def described(given: OptimizerLike | None) -> str:
    """The optimizer of a setting as short text."""
    return in_words(given or DEFAULT)


def inner(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer inside the wrapper that scales the loss under half precision."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def has_schedule(optimizer: keras.optimizers.Optimizer) -> bool:
    """Whether the learning rate follows a schedule, rather than being a variable."""
    with uncompiled():
        return not isinstance(inner(optimizer).learning_rate, keras.Variable)


def current_rate(optimizer: keras.optimizers.Optimizer) -> float:
    """The learning rate of the next step."""
    with uncompiled():
        return float(optimizer.learning_rate)


def _class_named(name: str) -> type[keras.optimizers.Optimizer]:
    """Finds a registered optimizer by its name, or one of Keras's in any case of letters."""
    registered = keras.saving.get_registered_object(name)
    if isinstance(registered, type) and issubclass(registered, keras.optimizers.Optimizer):
        return registered
    return NAMES[one_of("optimizer", name.lower(), NAMES)]


def _require_usable(name: str) -> None:
    kind = _class_named(name)
    if kind in NAMES.values():
        return
    try:
        kind(0.001, clipnorm=1.0)
    except Exception as error:  # whatever a constructor raises
        raise ArgumentError(
            f"An optimizer given by name must take a learning rate and clipnorm, and {name!r} "
            f"does not: {error} Give an object. Received: optimizer={name!r}"
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
