"""Stamps of records: by time-stamping servers and calendars of OpenTimestamps, and how they are checked."""
