"""Ready-made series, clips and memory tasks: each from its maker's files or from a seed."""
