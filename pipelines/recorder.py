from typing import Any, Protocol


class Recorder(Protocol):
    """What a pipeline tells about its work, if somebody listens."""

    def parameters(self, values: dict[str, Any]) -> None:
        """Settings of the run, told once each."""

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        """Numbers at one step, or without a step for the whole run."""

    def series(self, name: str, values: Any) -> None:
        """A number for each lead 1 … n."""

    def picture(self, name: str, figure: Any, step: int | None = None) -> None:
        """A matplotlib figure; with a step, one of a series of them."""

    def animation(self, name: str, film: Any) -> None:
        """A moving picture, `(time, height, width, 3)` of `uint8`."""

    def text(self, name: str, content: str) -> None:
        """A file of text, its name with an ending."""


class NullRecorder:
    """The recorder of those who want none."""

    def parameters(self, values: dict[str, Any]) -> None: ...

    def metrics(self, values: dict[str, float], step: int | None = None) -> None: ...

    def series(self, name: str, values: Any) -> None: ...

    def picture(self, name: str, figure: Any, step: int | None = None) -> None: ...

    def animation(self, name: str, film: Any) -> None: ...

    def text(self, name: str, content: str) -> None: ...


class CompositeRecorder:
    """Tells two recorders the same."""

    def __init__(self, first: Recorder, second: Recorder):
        self.each = (first, second)

    def parameters(self, values: dict[str, Any]) -> None:
        for one in self.each:
            one.parameters(values)

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        for one in self.each:
            one.metrics(values, step=step)

    def series(self, name: str, values: Any) -> None:
        for one in self.each:
            one.series(name, values)

    def picture(self, name: str, figure: Any, step: int | None = None) -> None:
        for one in self.each:
            one.picture(name, figure, step=step)

    def animation(self, name: str, film: Any) -> None:
        for one in self.each:
            one.animation(name, film)

    def text(self, name: str, content: str) -> None:
        for one in self.each:
            one.text(name, content)
