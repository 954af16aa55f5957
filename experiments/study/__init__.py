"""Runs of one study: what they were made from, what they leave, how one is resumed."""
