"""Metrics of forecasts, intervals from past errors, significance tests, and chart styles."""
