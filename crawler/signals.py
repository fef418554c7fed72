"""Signals of this project, sent by Scrapy's signal manager besides Scrapy's own."""

pages_recorded = object()
"""Sent after pages were recorded, with ``pages``: a list of ``(PageItem, archive.store.Recorded)``.

The pages are in the archive, in one transaction; their articles and menus have not reached later pipelines.
"""
