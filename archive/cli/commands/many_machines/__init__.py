"""Commands for work on many machines."""
