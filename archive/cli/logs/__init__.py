"""Log files of runs, and their lines."""
