from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import ArgumentError, flag, whole_number
from .base import RecurrentCell
from .convolution import checked_size, convolve, no_tables, places
from .lstm import remembering


@keras.saving.register_keras_serializable("rnnzoo")
class ConvLSTM(RecurrentCell):
    """Long short-term memory over images: every product is a convolution.

    ```
    i = σ(W_i ∗ X_t + U_i ∗ H_{t−1} + P_i ⊙ C_{t−1} + b_i)        input gate
    f = σ(W_f ∗ X_t + U_f ∗ H_{t−1} + P_f ⊙ C_{t−1} + b_f)        forget gate
    G = tanh(W_g ∗ X_t + U_g ∗ H_{t−1} + b_g)                     new content
    C_t = f ⊙ C_{t−1} + i ⊙ G
    o = σ(W_o ∗ X_t + U_o ∗ H_{t−1} + P_o ⊙ C_t + b_o)            output gate
    H_t = o ⊙ tanh(C_t)        output H_t
    ```

    ∗ convolves with zeros beyond the edges and keeps the size, over one, two or three
    axes, as the input has them; ⊙ multiplies place by place. The four kernels stand
    side by side in the order i, f, g, o, as in Keras. b_f starts at 1.

    Args:
        filters: channels of the state H and of the memory C.
        kernel_size: places that both kernels cover, one number for every axis or a list
            with one an axis.
        peepholes: connect C to the gates by P, which has one weight for each place and
            channel (W_c in Shi et al.); the size of the images is then fixed. P starts
            at 0.

    States: `[H_{t−1}, C_{t−1}]`, each `(batch, *spatial, filters)`.

    Raises:
        ArgumentError: on inputs that are no images, or of a size that is not fixed
            with peepholes.

    Reference: Shi et al. (2015), Convolutional LSTM network: a machine learning
    approach for precipitation nowcasting, NeurIPS, equation 3.
    """

    serves: ClassVar[tuple[str, ...]] = ("next_frame",)
    refuses: ClassVar[dict[str, str]] = no_tables()

    recalls = True

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...] = 3,
        peepholes: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = whole_number("filters", filters)
        self.kernel_size = checked_size(kernel_size)
        self.peepholes = flag("peepholes", peepholes)
        self.state_size = [self.filters, self.filters]
        self.output_size = self.filters

    def build(self, input_shape: Any) -> None:
        n, spatial = self.filters, tuple(input_shape[1:-1])
        size = places(self.kernel_size, input_shape)
        self.W = self.add_weight(shape=(*size, input_shape[-1], 4 * n), name="W")
        self.U = self.add_weight(shape=(*size, n, 4 * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(4 * n,), initializer=remembering("ifgo"), name="b")
        if self.peepholes:
            if None in spatial:
                raise ArgumentError(
                    "Peepholes have a weight for each place: the size of the images must be "
                    f"fixed. Received: shape={tuple(input_shape)}"
                )
            self.P = self.add_weight(shape=(3, *spatial, n), initializer="zeros", name="P")

    def project(self, inputs: Any) -> Any:
        return convolve(inputs, self.W) + self.b

    def step(self, drive: Any, states: Any) -> Any:
        H, C = states
        σ, tanh = ops.sigmoid, ops.tanh
        i, f, g, o = ops.split(drive + convolve(self.recalled(H), self.U), 4, axis=-1)
        if self.peepholes:
            i = i + self.P[0] * C
            f = f + self.P[1] * C
        C = σ(f) * C + σ(i) * tanh(g)
        if self.peepholes:
            o = o + self.P[2] * C
        H = σ(o) * tanh(C)
        return H, [H, C]
