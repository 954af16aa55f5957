"""Dropout of cells: one mask for a whole sequence, by Keras's own protocol."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import keras
from keras import ops
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell  # it has no public name

from ...errors import ArgumentError, fraction, seed_number


class SequenceDropout(DropoutRNNCell):
    """The dropout of a cell, in our loops and in `keras.layers.RNN`.

    A loop draws the masks before its first step and discards them after the last one, so that all
    steps use the same. `keras.layers.RNN` draws them in inference too; masks are therefore applied
    only while `set_dropping` is on.
    """

    #: Its products read the hidden state through `drop_recurrent`.
    supports_recurrent_dropout: ClassVar[bool] = False
    #: Why the input may not be dropped; `""` if it may.
    no_dropout: ClassVar[str] = ""

    def _set_dropout(self, dropout: float, recurrent_dropout: float, seed: int | None) -> None:
        self.dropout = fraction("dropout", dropout)
        self.recurrent_dropout = fraction("recurrent_dropout", recurrent_dropout)
        self.seed = None if seed is None else seed_number(seed)
        if self.no_dropout:
            self.refuse_dropout(self.no_dropout)
        if self.recurrent_dropout and not self.supports_recurrent_dropout:
            raise ArgumentError(
                f"{type(self).__name__} has no recurrent dropout; put a Dropout layer before it. "
                f"Received: recurrent_dropout={recurrent_dropout}"
            )
        self._dropout_mask = self._recurrent_dropout_mask = None
        self._drops = False
        if self.dropout or self.recurrent_dropout:
            self.seed_generator = keras.random.SeedGenerator(self.seed)

    def refuse_dropout(self, why: str) -> None:
        """Refuses dropout of the input.

        Raises:
            ArgumentError: `dropout` is above 0; the message gives the reason.
        """
        if self.dropout:
            raise ArgumentError(
                f"{type(self).__name__} takes no dropout: {why}. Received: dropout={self.dropout}"
            )

    def seen(self, inputs: Any) -> Any:
        """Applies dropout to the input of one step, or of all steps."""
        mask = self._dropout_mask
        if mask is None or not self._drops:
            return inputs
        mask = mask if len(inputs.shape) == len(mask.shape) else ops.expand_dims(mask, 1)
        return inputs * ops.cast(mask, inputs.dtype)

    def drop_recurrent(self, state: Any) -> Any:
        """Applies recurrent dropout to a hidden state, for the products that read it."""
        mask = self._recurrent_dropout_mask
        return state if mask is None or not self._drops else state * ops.cast(mask, state.dtype)

    def recurrent_factors(self) -> Any:
        """The factors of a hidden state in recurrent dropout, `(batch, channels)`, or `None`."""
        return self._recurrent_dropout_mask if self._drops else None

    def set_dropping(self, value: bool) -> None:
        """Switches the drawn masks on or off."""
        self._drops = value

    @contextmanager
    def dropping(self, inputs: Any, states: Sequence[Any]) -> Iterator[None]:
        """Draws masks for a sequence, and applies them inside the context.

        Args:
            inputs: inputs of one step.
            states: states before it.
        """
        self.get_dropout_mask(inputs)
        self.get_recurrent_dropout_mask(states[0])
        self.set_dropping(True)
        try:
            yield
        finally:
            self.set_dropping(False)
            self.reset_dropout_mask()
            self.reset_recurrent_dropout_mask()
