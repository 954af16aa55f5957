"""The loop over time; on TensorFlow one that XLA can compile."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

Advance = Callable[[list[Any], list[Any]], list[Any]]


def loop(
    advance: Advance, states: list[Any], steps: list[Any], collected: int
) -> tuple[list[Any], list[Any]]:
    """Runs `advance` over the first axis of `steps`.

    Args:
        advance: function from the entries of one step and the states before it to the states
            after it, with the same shapes and types.
        states: states before the first step.
        steps: arrays `(time, …)`, with the same number of steps.
        collected: number of states, the first ones, to collect after every step.

    Returns:
        The collected states, each `(time, …)`, and all states after the last step.
    """
    if keras.backend.backend() == "tensorflow":
        return _tensorflow(advance, states, steps, collected)

    def body(before: list, entries: list) -> tuple[list, list]:
        after = advance(entries, before)
        return after, after[:collected]

    last, every = ops.scan(body, states, steps)
    return list(every), list(last)


def unrolled(
    advance: Advance, states: list[Any], steps: list[Any], collected: int
) -> tuple[list[Any], list[Any]]:
    """As `loop`, but unrolled: the number of steps has to be known."""
    every: list[list[Any]] = [[] for _ in range(collected)]
    for t in range(steps[0].shape[0]):
        states = advance([entries[t] for entries in steps], states)
        for column, state in zip(every, states, strict=False):
            column.append(state)
    return [ops.stack(column) for column in every], states


def _tensorflow(
    advance: Advance, states: list[Any], steps: list[Any], collected: int
) -> tuple[list[Any], list[Any]]:
    """A `while_loop` in place of `ops.scan`, which does not set the bound that XLA needs for
    gradients, and collects every state: with a delay line of 48 taps a training step took four
    times as long."""
    import tensorflow as tf

    steps = [tf.convert_to_tensor(entries) for entries in steps]
    states = [tf.convert_to_tensor(state) for state in states]
    shapes = [state.shape for state in states]
    known = steps[0].shape[0]
    time = tf.shape(steps[0])[0] if known is None else known
    read = [tf.TensorArray(s.dtype, time, element_shape=s.shape[1:]).unstack(s) for s in steps]
    written = [tf.TensorArray(state.dtype, time) for state in states[:collected]]

    def body(t: Any, written: list, before: list) -> tuple[Any, list, list]:
        after = advance([entries.read(t) for entries in read], before)
        for state, shape in zip(after, shapes, strict=True):
            state.set_shape(shape)  # the loop needs the same shape in every step
        written = [w.write(t, state) for w, state in zip(written, after, strict=False)]
        return t + 1, written, after

    _, written, last = tf.while_loop(
        lambda t, *_: t < time,
        body,
        (tf.constant(0), written, states),
        maximum_iterations=time,
    )
    every = [array.stack() for array in written]
    for column, shape in zip(every, shapes, strict=False):
        column.set_shape([known, *shape])
    return every, list(last)
