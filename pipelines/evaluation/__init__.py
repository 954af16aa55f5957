"""Errors of forecasts, intervals out of them, tests of their differences, and how charts look."""
