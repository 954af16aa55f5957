"""Forecasts that need no network, which every network is compared with."""
