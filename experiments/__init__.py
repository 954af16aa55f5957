"""Experiments: runs, their journal, tracking, comparison, and the command line."""
