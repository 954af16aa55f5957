"""The training loop that all pipelines share, and the state that its checkpoints hold."""
