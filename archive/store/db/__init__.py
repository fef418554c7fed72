"""The SQLite file: its connection, lock, schema, and what is checked before it is read or written."""
