"""The ways in which recurrent cells become forecasters: stateful, closed loop, segment."""
