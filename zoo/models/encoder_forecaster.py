"""The encoder–forecaster: reads frames, then rolls out the frames that follow."""

from collections.abc import Sequence

import keras

from ...errors import ArgumentError
from ..cells import Feedback, RecurrentCell, as_cell
from ..layers import Recurrent, stack


def encoder_forecaster(
    encoder: Sequence[RecurrentCell],
    forecaster: Sequence[RecurrentCell],
    frame: Sequence[int],
    engine: str = "auto",
) -> keras.Model:
    """Builds a network that reads a context, and then only its own frames.

    ```
    s_t = encoder(X_t, s_{t−1})                          over the context, t = 1 … T
    s_{T+k} = forecaster(Ŷ_{k−1}, s_{T+k−1}),  Ŷ_0 = X_T,  s_T handed over
    Ŷ_k = O s_{T+k} + d                                  the frame at lead k
    ```

    Training uses the same roll-out as forecasting: the truth of a forecast frame is used only in
    the loss.

    Args:
        encoder: cells that read the context, each fed by the one before.
        forecaster: the same number of cells with states of the same sizes.
        frame: shape of one frame, `(*spatial, channels)`.
        engine: engine of the loops over time, as for `Recurrent`.

    Returns:
        A model from `[context, ahead]` to the forecast. `context` is
        `(batch, time, *spatial, channels)`; `ahead`, without channels,
        `(batch, horizon, *spatial, 0)`, gives the number of frames to forecast; the forecast is
        `(batch, horizon, *spatial, channels)`.

    Raises:
        ArgumentError: encoder and forecaster have different states.

    Reference: Shi et al. (2015), Convolutional LSTM network, NeurIPS, section 3.3; there
    the forecaster reads nothing, here its own last frame.
    """
    encoder = [as_cell("encoder", cell) for cell in encoder]
    forecaster = [as_cell("forecaster", cell) for cell in forecaster]
    sizes = [[n for cell in cells for n in cell.state_size] for cells in (encoder, forecaster)]
    if sizes[0] != sizes[1]:
        raise ArgumentError(
            "The forecaster takes over the encoder's states: both need the same. "
            f"Received: states of {sizes[0]} and {sizes[1]} channels"
        )
    *spatial, channels = frame
    context = keras.Input((None, *frame), name="context")
    ahead = keras.Input((None, *spatial, 0), name="ahead")
    _, *states = stack(encoder, return_state=True, engine=engine)(context)
    fed_back = Feedback(forecaster, channels)
    rolled = Recurrent(fed_back, return_sequences=True, engine=engine)
    rolled.build((None, None, *spatial, 0))
    last = context[:, -1]
    forecast = rolled(ahead, initial_state=[last, last, *states])
    return keras.Model([context, ahead], forecast, name="encoder_forecaster")
