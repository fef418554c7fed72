"""Derive a dataset of captures, part by part."""
