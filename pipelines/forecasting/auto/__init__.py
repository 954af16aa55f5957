"""Automatic forecasting: candidates, chosen and combined by rows that trained none of them."""
