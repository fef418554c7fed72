"""What an export selects, and its rows."""
