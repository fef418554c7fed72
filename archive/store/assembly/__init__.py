"""Make an archive of derived parts."""
