"""The base of cells over images: kernels with a size per axis, and convolutions."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from keras import ops

from ...errors import ArgumentError, one_of, whole_number
from .product import ProductCell

RANKS = (1, 2, 3)  # axes of an image that can be convolved
Size = int | tuple[int, ...]


def no_tables() -> dict[str, str]:
    """Why a convolutional cell does not support forecasters of tables."""
    return dict.fromkeys(("stateful", "closed_loop"), "it reads images, not the rows of a table")


class ConvCell(ProductCell):
    """Base of cells over images whose first product is a convolution of the input.

    The recurrent convolution always preserves the size, as in Keras: output and states have the
    spatial shape of the convolved input. A subclass documents the arguments.
    """

    serves: ClassVar[tuple[str, ...]] = ("next_frame",)
    unsupported: ClassVar[dict[str, str]] = no_tables()
    supports_recurrent_dropout = True

    def __init__(
        self,
        filters: int,
        kernel_size: Size,
        padding: str,
        strides: Size,
        dilation_rate: Size,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.filters = whole_number("filters", filters)
        self.kernel_size = checked_size("kernel_size", kernel_size)
        self.padding = one_of("padding", padding, ("same", "valid"))
        self.strides = checked_size("strides", strides)
        self.dilation_rate = checked_size("dilation_rate", dilation_rate)
        if _most(self.strides) > 1 and _most(self.dilation_rate) > 1:
            raise ArgumentError(
                "Specifying `strides > 1` is not compatible with `dilation_rate > 1`: leave one of "
                "them at 1. "
                f"Received: strides={strides}, dilation_rate={dilation_rate}"
            )
        self.output_size = self.filters

    @property
    def keeps_places(self) -> bool:
        whole = self.padding == "same" or _most(self.kernel_size) == 1
        return whole and _most(self.strides) == 1

    def spatial(self, places: Sequence[int | None]) -> tuple[int | None, ...]:
        if self.keeps_places:
            return tuple(places)
        axes = (_per_axis(n, len(places)) for n in self._sizes())
        return tuple(
            None if place is None else self._size_after(place, *of_axis)
            for place, *of_axis in zip(places, *axes, strict=False)
        )

    def convolve_input(self, inputs: Any, kernel: Any) -> Any:
        """The convolution of the input, for one step or all steps."""
        return convolve(inputs, kernel, self.padding, self.strides, self.dilation_rate)

    def multiply(self, h: Any) -> Any:
        return convolve(h, self.U)

    def kernel_places(self, input_shape: Any) -> tuple[int, ...]:
        """The size of the kernel on each axis of an input `(batch, *spatial, channels)`.

        Raises:
            ArgumentError: the input is no image, has another number of axes than an argument,
                or is smaller than the kernel.
        """
        size = places("kernel_size", self.kernel_size, input_shape)
        places("strides", self.strides, input_shape)
        places("dilation_rate", self.dilation_rate, input_shape)
        if any(n is not None and n < 1 for n in self.spatial(tuple(input_shape[1:-1]))):
            raise ArgumentError(
                'The images are smaller than the kernel; padding="same" reads them. Received: '
                f"shape={tuple(input_shape)}, kernel_size={self.kernel_size}, "
                f"dilation_rate={self.dilation_rate}"
            )
        return size

    def _sizes(self) -> tuple[Size, Size, Size]:
        return self.kernel_size, self.strides, self.dilation_rate

    def _size_after(self, place: int, size: int, stride: int, dilation: int) -> int:
        """The size of an axis after the convolution."""
        covered = 0 if self.padding == "same" else dilation * (size - 1)
        return -((covered - place) // stride)


def checked_size(name: str, value: Any) -> Size:
    """Returns one whole number for all axes of an image, or one per axis.

    Raises:
        ArgumentTypeError: neither a whole number nor a list of them.
        ArgumentError: a number below 1, or more than three of them.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        return whole_number(name, value)
    sizes = tuple(whole_number(name, size) for size in value)
    if len(sizes) not in RANKS:
        raise ArgumentError(
            f"`{name}` must name one size for each of 1 to 3 axes. Received: {name}={sizes}"
        )
    return sizes


def places(name: str, size: Size, input_shape: Any) -> tuple[int, ...]:
    """Returns a size for each axis of an input `(batch, *spatial, channels)`.

    Raises:
        ArgumentError: the input is no image of 1 to 3 axes, or has another number of axes than
            the size.
    """
    rank = len(input_shape) - 2
    if rank not in RANKS:
        raise ArgumentError(
            "A convolutional cell reads images of 1 to 3 axes: each step must have the shape "
            f"(batch, *spatial, channels). Received: shape={tuple(input_shape)}"
        )
    sizes = _per_axis(size, rank)
    if len(sizes) != rank:
        raise ArgumentError(
            f"`{name}` must name one size for each of the {rank} axes of the input "
            f"{tuple(input_shape)}. Received: {name}={size}"
        )
    return sizes


def convolve(
    images: Any, kernel: Any, padding: str = "same", strides: Size = 1, dilation_rate: Size = 1
) -> Any:
    """Convolves `(…, *spatial, channels)` with any leading axes; by default to the same size, with
    zeros beyond the edges."""
    rank = len(kernel.shape) - 2
    shape = ops.shape(images)  # numbers where the shape is known
    leading, place = shape[: -1 - rank], shape[-1 - rank :]
    folded = images if len(leading) == 1 else ops.reshape(images, (-1, *place))
    result = ops.conv(folded, kernel, strides, padding, "channels_last", dilation_rate)
    if len(leading) > 1:
        result = ops.reshape(result, (*leading, *ops.shape(result)[1:]))
    return result


def _per_axis(size: Size, rank: int) -> tuple[int, ...]:
    return (size,) * rank if isinstance(size, int) else size


def _most(size: Size) -> int:
    return size if isinstance(size, int) else max(size)
