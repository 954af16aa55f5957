from typing import Any, ClassVar, Self

import keras
from keras import ops

from ...errors import ArgumentError, flag, whole_number
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .base import RecurrentCell
from .convolution import checked_size, convolve, no_tables, places
from .lstm import forget_bias


@keras.saving.register_keras_serializable("rnnzoo")
class STLSTM(RecurrentCell):
    """Spatio-temporal LSTM, the cell of PredRNN: one memory passes through all levels.

    ```
    i, f, g = σ, σ, φ (W ∗ X^l + U ∗ H^l_{t−1} + b)           of each level l = 1 … L
    C^l_t = f ⊙ C^l_{t−1} + i ⊙ g                             memory of the level
    i′, f′, g′ = σ, σ, φ (W′ ∗ X^l + V ∗ M + b′)
    M ← f′ ⊙ M + i′ ⊙ g′                                      memory of all levels
    o = σ(W_o ∗ X^l + U_o ∗ H^l_{t−1} + P_C ∗ C^l_t + P_M ∗ M + b_o)
    H^l_t = o ⊙ φ(Q · concat(C^l_t, M))                       output H^L_t
    ```

    X^1 is the input, X^{l+1} = H^l_t. M climbs from level to level within a step, and
    from the top to the bottom of the next step; so the levels are one cell. ∗ convolves
    with zeros beyond the edges and preserves the size; Q is a kernel of size 1. b_f and
    b′_f start at 1. The equations are the paper's; the authors' public code also normalizes, as
    `layer_norm` does.

    Args:
        filters: channels of H, C and M at every level.
        levels: L, the number of levels.
        kernel_size: size of the kernels, one number for all axes or one per axis.
        layer_norm: whether each of the products W, U, V and P is normalized over all positions
            and channels, then scaled and shifted by a weight for each position and channel,
            before the bias is added. The size of the images is then fixed.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        recurrent_activation: σ, the activation of the gates, likewise.

    States: `[H^L … H^1, C^L … C^1, M]`, each `(batch, *spatial, filters)`.

    Raises:
        ArgumentError: inputs are no images; or their size is not fixed, with `layer_norm`.

    Reference: Wang, Long, Wang, Gao and Yu (2017), PredRNN: recurrent neural networks for
    predictive learning using spatiotemporal LSTMs, NeurIPS, equation 3.
    """

    serves: ClassVar[tuple[str, ...]] = ("next_frame",)
    unsupported: ClassVar[dict[str, str]] = no_tables()
    supports_recurrent_dropout = True
    roles: ClassVar[dict[str, str]] = {
        **dict.fromkeys("WPQ", "kernel"),
        **dict.fromkeys("UV", "recurrent"),
        **{"b": "bias"},
    }

    def __init__(
        self,
        filters: int,
        levels: int = 2,
        kernel_size: int | tuple[int, ...] = 3,
        layer_norm: bool = False,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = whole_number("filters", filters)
        self.levels = whole_number("levels", levels)
        self.kernel_size = checked_size("kernel_size", kernel_size)
        self.layer_norm = flag("layer_norm", layer_norm)
        self.activation = checks.activation("activation", activation)
        self.recurrent_activation = checks.activation("recurrent_activation", recurrent_activation)
        self.state_size = [self.filters] * (2 * self.levels + 1)
        self.output_size = self.filters

    @classmethod
    def stacked(cls, layers: int, units: int, **arguments: Any) -> list[Self]:
        return [cls(units, **{"levels": layers} | arguments)]

    def build(self, input_shape: Any) -> None:
        size = places("kernel_size", self.kernel_size, input_shape)
        *spatial, channels = input_shape[1:]
        if self.layer_norm and None in spatial:
            raise ArgumentError(
                "`layer_norm` has weights for each place: the size of the images must be fixed. "
                f"Received: shape={tuple(input_shape)}"
            )
        self.weights_of = [
            self._level(level, size, channels if level == 1 else self.filters)
            | (self._norms(level, spatial) if self.layer_norm else {})
            for level in range(1, self.levels + 1)
        ]

    def _level(self, level: int, size: tuple[int, ...], channels: int) -> dict[str, Any]:
        """The kernels of a level: W for i, f, g, i′, f′, g′, o; U for i, f, g, o; V for i′,
        f′, g′; P for o from C and M; Q; the biases in the order of W."""
        n, point = self.filters, (1,) * len(size)
        shapes = {
            "W": (*size, channels, 7 * n),
            "U": (*size, n, 4 * n),
            "V": (*size, n, 3 * n),
            "P": (*size, 2 * n, n),
            "Q": (*point, 2 * n, n),
        }
        kernels = {k: self.add_weight(shape=s, name=f"{k}_{level}") for k, s in shapes.items()}
        b = self.add_weight(shape=(7 * n,), initializer=forget_bias("ifgifgo"), name=f"b_{level}")
        return kernels | {"b": b}

    def _norms(self, level: int, spatial: list[int]) -> dict[str, Any]:
        """The scales and shifts of the normalized products of a level."""
        return {
            f"{kind}_{k}": self.add_weight(
                shape=(*spatial, parts * self.filters),
                initializer="ones" if kind == "scale" else "zeros",
                name=f"{kind}_{k}_{level}",
            )
            for k, parts in {"W": 7, "U": 4, "V": 3, "P": 1}.items()
            for kind in ("scale", "shift")
        }

    def project(self, inputs: Any) -> Any:
        return self._drive(inputs, self.weights_of[0])

    def step(self, drive: Any, states: Any) -> Any:
        L = self.levels
        H, C, M = list(states[:L])[::-1], list(states[L : 2 * L])[::-1], states[-1]
        φ, σ = function(self.activation), function(self.recurrent_activation)
        for k, w in enumerate(self.weights_of):
            if k > 0:
                drive = self._drive(H[k - 1], w)
            *x, x_o = ops.split(drive, 7, axis=-1)
            *h, h_o = ops.split(self._product(self.drop_recurrent(H[k]), w, "U"), 4, axis=-1)
            m = ops.split(self._product(M, w, "V"), 3, axis=-1)
            i, f, g = (a + b for a, b in zip(x[:3], h, strict=True))
            C[k] = σ(f) * C[k] + σ(i) * φ(g)
            i, f, g = (a + b for a, b in zip(x[3:], m, strict=True))
            M = σ(f) * M + σ(i) * φ(g)
            both = ops.concatenate([C[k], M], axis=-1)
            o = σ(x_o + h_o + self._product(both, w, "P"))
            H[k] = o * φ(convolve(both, w["Q"]))
        return H[-1], [*H[::-1], *C[::-1], M]

    def _drive(self, inputs: Any, weights: dict[str, Any]) -> Any:
        return self._product(inputs, weights, "W") + weights["b"]

    def _product(self, images: Any, weights: dict[str, Any], name: str) -> Any:
        """A kernel's convolution of `(…, *spatial, channels)`, normalized with `layer_norm`."""
        product = convolve(images, weights[name])
        if not self.layer_norm:
            return product
        scale, shift = weights[f"scale_{name}"], weights[f"shift_{name}"]
        axes = tuple(range(-len(scale.shape), 0))  # places and channels
        mean, variance = ops.moments(product, axes, keepdims=True)
        return (product - mean) * ops.rsqrt(variance + 1e-5) * scale + shift
