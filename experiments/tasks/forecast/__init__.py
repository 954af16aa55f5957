"""Forecasting as a task: series, forecasters, backtests."""
