from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import one_of
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .convolution import ConvCell, convolve
from .product import like


@keras.saving.register_keras_serializable("rnnzoo")
class ConvGRU(ConvCell):
    """Gated recurrent unit over images: every product is a convolution.

    ```
    z = σ(W_z ∗ X_t + U_z ∗ H_{t−1} + b_z)        update gate
    r = σ(W_r ∗ X_t + U_r ∗ H_{t−1} + b_r)        reset gate
    G = φ(W_g ∗ X_t + b_g + U_g ∗ (r ⊙ H_{t−1}))             reset="before"
    G = φ(W_g ∗ X_t + b_g + r ⊙ (U_g ∗ H_{t−1} + b′))        reset="after"
    H_t = (1 − z) ⊙ H_{t−1} + z ⊙ G        output H_t
    ```

    ∗ convolves over one, two or three axes, as the input has them, with zeros beyond the
    edges. U ∗ preserves the size, and so does W ∗ unless `padding` or `strides` change it; H has
    the resulting size. The kernels are concatenated in the order z, r, g.
    Ballas et al. reset before the convolution, Shi et al. (2017) after it, in one
    convolution a step instead of two; z = 1 takes the new content, as in `gru`.

    Args:
        filters: channels of the state H.
        kernel_size: size of both kernels, one number for all axes or one per axis.
        reset: `"after"` or `"before"` the recurrent convolution.
        padding: `"same"`, zeros beyond the edges of the input, or `"valid"`, none.
        strides: strides of the input's kernel, one number or one per axis.
        dilation_rate: dilation of the input's kernel, one number or one per axis.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        recurrent_activation: σ, the activation of the gates, likewise.

    States: `[H_{t−1}]`, shape `(batch, *spatial, filters)`.

    Raises:
        ArgumentError: inputs are no images, or smaller than the kernel with `"valid"`; both strides
            and dilation are given.

    References: Ballas, Yao, Pal and Courville (2016), Delving deeper into convolutional
    networks for learning video representations, ICLR; Shi et al. (2017), Deep learning
    for precipitation nowcasting, NeurIPS.
    """

    roles: ClassVar = ConvCell.roles | {"b2": "bias"}

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...] = 3,
        reset: str = "after",
        padding: str = "same",
        strides: int | tuple[int, ...] = 1,
        dilation_rate: int | tuple[int, ...] = 1,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        **kwargs: Any,
    ):
        super().__init__(filters, kernel_size, padding, strides, dilation_rate, **kwargs)
        self.reset = one_of("reset", reset, ("after", "before"))
        self.activation = checks.activation("activation", activation)
        self.recurrent_activation = checks.activation("recurrent_activation", recurrent_activation)
        self.state_size = [self.filters]

    def build(self, input_shape: Any) -> None:
        n, size = self.filters, self.kernel_places(input_shape)
        self.W = self.add_weight(shape=(*size, input_shape[-1], 3 * n), name="W")
        self.U = self.add_weight(shape=(*size, n, 3 * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(3 * n,), initializer="zeros", name="b")
        if self.reset == "after":
            self.b2 = self.add_weight(shape=(n,), initializer="zeros", name="b2")

    @property
    def one_product(self) -> bool:
        return self.reset == "after"

    def project(self, inputs: Any) -> Any:
        return self.convolve_input(inputs, self.W) + self.b

    def pointwise(self, drive: Any, product: Any, states: Any) -> Any:
        H = states[0]
        φ, σ = function(self.activation), function(self.recurrent_activation)
        x_z, x_r, x_g = ops.split(drive, 3, axis=-1)
        h_z, h_r, h_g = ops.split(product, 3, axis=-1)
        z, r = σ(x_z + h_z), σ(x_r + h_r)
        G = φ(x_g + r * (h_g + self.b2))
        H = (1 - z) * H + z * G
        return H, [H]

    def step(self, drive: Any, states: Any) -> Any:
        if self.one_product:
            return super().step(drive, states)
        H, n = states[0], self.filters
        φ, σ = function(self.activation), function(self.recurrent_activation)
        seen = self.drop_recurrent(H)
        x_z, x_r, x_g = ops.split(like(drive, H), 3, axis=-1)
        h_z, h_r = ops.split(convolve(seen, self.U[..., : 2 * n]), 2, axis=-1)
        z, r = σ(x_z + h_z), σ(x_r + h_r)
        G = φ(x_g + convolve(r * seen, self.U[..., 2 * n :]))
        H = (1 - z) * H + z * G
        return H, [H]
