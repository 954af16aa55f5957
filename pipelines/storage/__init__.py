"""Files and folders that are written atomically, with a hash of every byte, and without pickle."""
