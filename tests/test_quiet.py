"""Standard error while TensorFlow is loaded."""

import os

import pytest
from rnnzoo._quiet import _silence

START_UP = b"""WARNING: All log messages before absl::InitializeLog() is called are written
I0000 00:00:1795900859.143796   11136 port.cc:153] oneDNN custom operations are on. You may see
E0000 00:00:1795900881.769999   11160 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA
2026-11-28 21:00:00.123456: I tensorflow/core/util/port.cc:153] oneDNN custom operations are on.
To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow.
Skipping registering GPU devices...
"""


def test_what_others_write_meanwhile_is_passed_on(capfd):
    with _silence():
        os.write(2, START_UP + b"The tracking store failed.\n" + START_UP)
    assert capfd.readouterr().err == "The tracking store failed.\n"


def test_all_is_shown_if_it_fails(capfd):
    with pytest.raises(ImportError), _silence():
        os.write(2, START_UP)
        raise ImportError
    assert capfd.readouterr().err.encode() == START_UP
