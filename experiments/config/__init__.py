"""Experiments as YAML files: their keys, their errors, and those that come with rnnzoo."""
