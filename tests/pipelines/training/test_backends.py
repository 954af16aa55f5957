"""Training on the backend of this process; `make test` runs it on all three."""

import logging

import keras
import pytest
from rnnzoo.pipelines.training.optimizers import current_rate, has_schedule


class Compilations(logging.Handler):
    """Counts what JAX compiles."""

    def __init__(self):
        super().__init__()
        self.names = []

    def emit(self, record):
        if record.getMessage().startswith("Compiling"):
            self.names.append(record.getMessage())


@pytest.fixture
def compiled():
    """What JAX compiles in a test; on other backends nothing."""
    if keras.backend.backend() != "jax":
        yield []
        return
    import jax

    handler, logger = Compilations(), logging.getLogger("jax._src.interpreters.pxla")
    before, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    with jax.log_compiles():
        yield handler.names
    logger.removeHandler(handler)
    logger.propagate = before


def test_the_rate_of_a_schedule_is_read_without_compiling(compiled):
    schedule = keras.optimizers.schedules.CosineDecay(0.0, 10, warmup_target=0.5, warmup_steps=5)
    optimizer = keras.optimizers.Adam(schedule)
    optimizer.build([keras.Variable(1.0)])
    assert current_rate(optimizer) == 0.0
    optimizer.iterations.assign(5)
    compiled.clear()
    for _ in range(3):
        assert has_schedule(optimizer)
        assert current_rate(optimizer) == 0.5
    assert not [name for name in compiled if "cond" in name]
