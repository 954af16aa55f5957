from typing import Any, ClassVar

import keras
from keras import ops

from ...errors import one_of, whole_number
from .base import RecurrentCell
from .convolution import checked_size, convolve, no_tables, places


@keras.saving.register_keras_serializable("rnnzoo")
class ConvGRU(RecurrentCell):
    """Gated recurrent unit over images: every product is a convolution.

    ```
    z = σ(W_z ∗ X_t + U_z ∗ H_{t−1} + b_z)        update gate
    r = σ(W_r ∗ X_t + U_r ∗ H_{t−1} + b_r)        reset gate
    G = tanh(W_g ∗ X_t + b_g + U_g ∗ (r ⊙ H_{t−1}))             reset="before"
    G = tanh(W_g ∗ X_t + b_g + r ⊙ (U_g ∗ H_{t−1} + b′))        reset="after"
    H_t = (1 − z) ⊙ H_{t−1} + z ⊙ G        output H_t
    ```

    ∗ convolves with zeros beyond the edges and keeps the size, over one, two or three
    axes, as the input has them. The kernels stand side by side in the order z, r, g.
    Ballas et al. reset before the convolution, Shi et al. (2017) after it, in one
    convolution a step instead of two; z = 1 takes the new content, as in `gru`.

    Args:
        filters: channels of the state H.
        kernel_size: places that both kernels cover, one number for every axis or a list
            with one an axis.
        reset: `"after"` or `"before"` the recurrent convolution.

    States: `[H_{t−1}]`, shape `(batch, *spatial, filters)`.

    Raises:
        ArgumentError: on inputs that are no images.

    References: Ballas, Yao, Pal and Courville (2016), Delving deeper into convolutional
    networks for learning video representations, ICLR; Shi et al. (2017), Deep learning
    for precipitation nowcasting, NeurIPS.
    """

    serves: ClassVar[tuple[str, ...]] = ("next_frame",)
    refuses: ClassVar[dict[str, str]] = no_tables()
    recalls = True

    def __init__(
        self,
        filters: int,
        kernel_size: int | tuple[int, ...] = 3,
        reset: str = "after",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = whole_number("filters", filters)
        self.kernel_size = checked_size(kernel_size)
        self.reset = one_of("reset", reset, ("after", "before"))
        self.state_size = [self.filters]
        self.output_size = self.filters

    def build(self, input_shape: Any) -> None:
        n, size = self.filters, places(self.kernel_size, input_shape)
        self.W = self.add_weight(shape=(*size, input_shape[-1], 3 * n), name="W")
        self.U = self.add_weight(shape=(*size, n, 3 * n), initializer="orthogonal", name="U")
        self.b = self.add_weight(shape=(3 * n,), initializer="zeros", name="b")
        if self.reset == "after":
            self.b2 = self.add_weight(shape=(n,), initializer="zeros", name="b2")

    def project(self, inputs: Any) -> Any:
        return convolve(inputs, self.W) + self.b

    def step(self, drive: Any, states: Any) -> Any:
        H, n, σ = states[0], self.filters, ops.sigmoid
        seen = self.recalled(H)
        x_z, x_r, x_g = ops.split(drive, 3, axis=-1)
        if self.reset == "after":
            h_z, h_r, h_g = ops.split(convolve(seen, self.U), 3, axis=-1)
            z, r = σ(x_z + h_z), σ(x_r + h_r)
            G = ops.tanh(x_g + r * (h_g + self.b2))
        else:
            h_z, h_r = ops.split(convolve(seen, self.U[..., : 2 * n]), 2, axis=-1)
            z, r = σ(x_z + h_z), σ(x_r + h_r)
            G = ops.tanh(x_g + convolve(r * seen, self.U[..., 2 * n :]))
        H = (1 - z) * H + z * G
        return H, [H]
