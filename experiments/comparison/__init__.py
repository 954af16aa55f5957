"""Runs compared: which of them may be, means over seeds, tests, and their wording."""
