"""How far series have been read, and what follows from it for their forecasts."""
