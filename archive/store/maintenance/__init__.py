"""Work on whole archives: backup, restore, merge, verify and repair."""
