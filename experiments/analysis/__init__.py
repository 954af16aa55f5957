"""How far back a cell remembers: measured and drawn."""
