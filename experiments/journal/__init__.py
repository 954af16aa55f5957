"""The journal of a run: written to the disk first, whole or with a known end."""
