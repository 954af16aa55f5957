from typing import Any, Protocol


class Recorder(Protocol):
    """Where a pipeline logs its parameters, metrics and artifacts."""

    def parameters(self, values: dict[str, Any]) -> None:
        """Logs settings of the run, each of them once."""

    def metrics(self, values: dict[str, float], step: int | None = None) -> None:
        """Logs numbers at one step, or, without a step, of the whole run."""

    def series(self, name: str, values: Any) -> None:
        """Logs one number for each lead 1 … n."""

    def picture(self, name: str, figure: Any, step: int | None = None) -> None:
        """Logs a matplotlib figure; with a step, one of a series of figures."""

    def animation(self, name: str, film: Any) -> None:
        """Logs an animation, `(time, height, width, 3)` of `uint8`."""

    def text(self, name: str, content: str) -> None:
        """Logs a text file; `name` includes its ending."""


class NullRecorder:
    """A recorder that logs nothing."""

    def parameters(self, values: dict[str, Any]) -> None: ...

    def metrics(self, values: dict[str, float], step: int | None = None) -> None: ...

    def series(self, name: str, values: Any) -> None: ...

    def picture(self, name: str, figure: Any, step: int | None = None) -> None: ...

    def animation(self, name: str, film: Any) -> None: ...

    def text(self, name: str, content: str) -> None: ...


class CompositeRecorder:
    """A recorder that passes everything on to two recorders."""

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
