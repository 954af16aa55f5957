"""Several forecasters that forecast together, over seeds or cells."""
