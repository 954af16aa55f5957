"""Rolling-origin backtests: running, scoring, searching for leaks, and charts."""
