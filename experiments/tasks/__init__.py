"""What can be studied: forecasting and next frames, each with its data, fits and outputs."""
