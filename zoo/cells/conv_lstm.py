from typing import Any

import keras
from keras import ops

from ...errors import ArgumentError, flag
from . import checks
from .activation import ActivationLike
from .activation import activation as function
from .convolution import ConvCell
from .lstm import forget_bias


@keras.saving.register_keras_serializable("rnnzoo")
class ConvLSTM(ConvCell):
    """Long short-term memory over images: every product is a convolution.

    ```
    i = σ(W_i ∗ X_t + U_i ∗ H_{t−1} + P_i ⊙ C_{t−1} + b_i)        input gate
    f = σ(W_f ∗ X_t + U_f ∗ H_{t−1} + P_f ⊙ C_{t−1} + b_f)        forget gate
    G = φ(W_g ∗ X_t + U_g ∗ H_{t−1} + b_g)                        new content
    C_t = f ⊙ C_{t−1} + i ⊙ G
    o = σ(W_o ∗ X_t + U_o ∗ H_{t−1} + P_o ⊙ C_t + b_o)            output gate
    H_t = o ⊙ φ(C_t)        output H_t
    ```

    ∗ convolves over one, two or three axes, as the input has them, with zeros beyond the
    edges; ⊙ multiplies place by place. U ∗ preserves the size, and so does W ∗ unless `padding` or
    `strides` change it; H has the resulting size. The four kernels are concatenated
    in the order i, f, g, o, as in Keras. b_f starts at 1.

    Args:
        filters: channels of the state H and of the memory C.
        kernel_size: size of both kernels, one number for all axes or one per axis.
        peepholes: connect C to the gates by P, which has one weight for each place and
            channel (W_c in Shi et al.); the size of the images is then fixed. P starts
            at 0.
        padding: `"same"`, zeros beyond the edges of the input, or `"valid"`, none.
        strides: strides of the input's kernel, one number or one per axis.
        dilation_rate: dilation of the input's kernel, one number or one per axis.
        activation: φ, a Keras activation or its name, or a registered function; `None`
            is linear.
        recurrent_activation: σ, the activation of the gates, likewise.

    States: `[H_{t−1}, C_{t−1}]`, each `(batch, *spatial, filters)`.

    Raises:
        ArgumentError: inputs are no images, or smaller than the kernel with `"valid"`; their size
            is not fixed, with peepholes; both strides and dilation are given.

    Reference: Shi et al. (2015), Convolutional LSTM network: a machine learning
    approach for precipitation nowcasting, NeurIPS, equation 3.
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...] = 3,
        peepholes: bool = False,
        padding: str = "same",
        strides: int | tuple[int, ...] = 1,
        dilation_rate: int | tuple[int, ...] = 1,
        activation: ActivationLike = "tanh",
        recurrent_activation: ActivationLike = "sigmoid",
        **kwargs: Any,
    ):
        super().__init__(filters, kernel_size, padding, strides, dilation_rate, **kwargs)
        self.peepholes = flag("peepholes", peepholes)
        self.activation = checks.activation("activation", activation)
        self.recurrent_activation = checks.activation("recurrent_activation", recurrent_activation)
        self.state_size = [self.filters, self.filters]

    def build(self, input_shape: Any) -> None:
        n, size = self.filters, self.kernel_places(input_shape)
        spatial = self.spatial(tuple(input_shape[1:-1]))
        self.W = self.add_weight(shape=(*size, input_shape[-1], 4 * n), name="W")
        self.U = self.add_weight(shape=(*size, n, 4 * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(4 * n,), initializer=forget_bias("ifgo"), name="b")
        if self.peepholes:
            if None in spatial:
                raise ArgumentError(
                    "Peepholes have a weight for each place: the size of the images must be "
                    f"fixed. Received: shape={tuple(input_shape)}"
                )
            self.P = self.add_weight(shape=(3, *spatial, n), initializer="zeros", name="P")

    def project(self, inputs: Any) -> Any:
        return self.convolve_input(inputs, self.W) + self.b

    def pointwise(self, drive: Any, product: Any, states: Any) -> Any:
        C = states[1]
        φ, σ = function(self.activation), function(self.recurrent_activation)
        i, f, g, o = ops.split(drive + product, 4, axis=-1)
        if self.peepholes:
            i = i + self.P[0] * C
            f = f + self.P[1] * C
        C = σ(f) * C + σ(i) * φ(g)
        if self.peepholes:
            o = o + self.P[2] * C
        H = σ(o) * φ(C)
        return H, [H, C]
