import pytest
from rnnzoo import ArgumentError
from rnnzoo.zoo.cells import ConvLSTM
from rnnzoo.zoo.models import encoder_forecaster


@pytest.mark.parametrize("frame", [(5, 2), (4, 3, 2), (3, 2, 4, 1)])
def test_frames_of_any_axes_any_context_and_any_horizon(frame):
    model = encoder_forecaster([ConvLSTM(2)], [ConvLSTM(2)], frame)
    *spatial, channels = frame
    assert [x.shape for x in model.inputs] == [(None, None, *frame), (None, None, *spatial, 0)]
    assert model.output_shape == (None, None, *spatial, channels)


@pytest.mark.parametrize("forecaster", [[ConvLSTM(3)], [ConvLSTM(2), ConvLSTM(2)], []])
def test_states_that_cannot_be_handed_over_are_refused(forecaster):
    with pytest.raises(ArgumentError, match=r"both need the same. Received: states of \[2, 2\]"):
        encoder_forecaster([ConvLSTM(2)], forecaster, (4, 3, 1))
