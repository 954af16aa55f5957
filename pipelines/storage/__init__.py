"""Files and folders that are written whole, every byte under a hash, and read without pickle."""
