"""Work on whole archives: backup, restore, merge, verify, repair and reparse."""
