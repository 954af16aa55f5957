"""What cells over images share: kernels with a size per axis, and the product with them."""

from collections.abc import Iterable
from typing import Any

from keras import ops

from ...errors import ArgumentError, whole_number

RANKS = (1, 2, 3)  # axes of an image that can be convolved


def no_tables() -> dict[str, str]:
    """Why a convolutional cell does not serve forecasters of tables."""
    return dict.fromkeys(("carried", "closed_loop"), "it reads images, not the rows of a table")


def checked_size(value: Any) -> int | tuple[int, ...]:
    """Returns the places that a kernel covers: one number for all axes, or one an axis.

    Raises:
        ArgumentTypeError: neither a whole number nor a list of them.
        ArgumentError: below 1, or more than three.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return whole_number("kernel_size", value)
    sizes = tuple(whole_number("kernel_size", size) for size in value)
    if len(sizes) not in RANKS:
        raise ArgumentError(
            f"`kernel_size` must name one size for each of 1 to 3 axes. "
            f"Received: kernel_size={sizes}"
        )
    return sizes


def places(size: int | tuple[int, ...], input_shape: Any) -> tuple[int, ...]:
    """The kernel's size on each axis of an input `(batch, *spatial, channels)`.

    Raises:
        ArgumentError: the input is no image of 1 to 3 axes, or of another number of axes
            than the kernel.
    """
    rank = len(input_shape) - 2
    if rank not in RANKS:
        raise ArgumentError(
            "A convolutional cell reads images of 1 to 3 axes: each step must have the shape "
            f"(batch, *spatial, channels). Received: shape={tuple(input_shape)}"
        )
    if isinstance(size, int):
        return (size,) * rank
    if len(size) != rank:
        raise ArgumentError(
            f"`kernel_size` must name one size for each of the {rank} axes of the input "
            f"{tuple(input_shape)}. Received: kernel_size={size}"
        )
    return size


def convolve(images: Any, kernel: Any) -> Any:
    """Convolves `(…, *spatial, channels)`, whatever stands before, to the same places.

    Zeros are thought beyond the edges.
    """
    rank = len(kernel.shape) - 2
    shape = ops.shape(images)  # numbers where they are known
    leading, place = shape[: -1 - rank], shape[-1 - rank :]
    folded = images if len(leading) == 1 else ops.reshape(images, (-1, *place))
    result = ops.conv(folded, kernel, padding="same", data_format="channels_last")
    if len(leading) > 1:
        result = ops.reshape(result, (*leading, *place[:-1], kernel.shape[-1]))
    return result
