"""Datasets of Parquet files on any file system or object store, and work on them in many processes."""
