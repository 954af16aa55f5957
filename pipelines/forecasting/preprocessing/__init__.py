"""Between series in their own units and the scaled rows that a network reads."""
