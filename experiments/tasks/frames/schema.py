"""What an experiment file of next frames may hold."""

from pydantic import BaseModel

from ...config.schema import FORBID, Schema


class Split(BaseModel):
    """What is tested on."""

    model_config = FORBID
    test_clips: int | None = None


class Data(BaseModel):
    """Where clips come from: the name of a data set or a path."""

    model_config = FORBID
    set: str | None = None
    path: str | None = None
    folder: str | None = None


def _next_frame() -> type:
    from ....pipelines.next_frame import NextFrame

    return NextFrame


SCHEMA = Schema(data=Data, split=Split, estimator=_next_frame, paths=("path", "folder"))
