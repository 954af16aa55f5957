"""How recurrent cells forecast: the strategies stateful, closed loop and segment."""
