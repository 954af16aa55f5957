"""Rolling-origin backtests: run, scored, searched for leaks, drawn."""
