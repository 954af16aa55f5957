"""From a user's table to checked series: opened, read, put in order, repaired, assembled."""
