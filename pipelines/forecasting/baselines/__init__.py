"""Baselines: forecasts without a network, with which every network is compared."""
