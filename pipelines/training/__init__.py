"""The loop of training that all pipelines share, and all that its next epoch depends on."""
