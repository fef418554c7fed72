"""All tables and views of an archive, in the order of docs/schema.md.

Times are UTC in ISO 8601 with milliseconds (``2025-04-10T12:00:00.000Z``), so they sort as text. Dates are
ISO 8601 days. NULL means that the page has no such part, unless the column says otherwise. ``position`` is a
place in a list.
"""

from archive.store.data_dictionary import derived_tables, fact_tables, internal_tables, state_tables, views
from archive.store.data_dictionary.table import Origin, Table

FACTS = {
    "captures": Table(Origin.FACT, fact_tables.CaptureRow),
    "payloads": Table(Origin.FACT, fact_tables.PayloadRow),
    "dictionaries": Table(Origin.FACT, fact_tables.DictionaryRow),
    "dictionary_copies": Table(Origin.FACT, fact_tables.DictionaryCopyRow),
}
TABLES = {
    "articles": Table(Origin.DERIVED, derived_tables.ArticleRow),
    "versions": Table(Origin.DERIVED, derived_tables.VersionRow),
    "version_truncations": Table(Origin.DERIVED, derived_tables.VersionTruncationRow, ()),
    "version_repairs": Table(Origin.DERIVED, derived_tables.VersionRepairRow, ()),
    "version_edits": Table(Origin.DERIVED, derived_tables.VersionEditRow, ("version_id", "field")),
    **FACTS,
    "links": Table(Origin.DERIVED, derived_tables.LinkRow, ()),
    "authors": Table(Origin.DERIVED, derived_tables.AuthorRow),
    "version_authors": Table(Origin.DERIVED, derived_tables.VersionAuthorRow, ("version_id", "author_id")),
    "tags": Table(Origin.DERIVED, derived_tables.TagRow),
    "article_tags": Table(Origin.DERIVED, derived_tables.ArticleTagRow, ("article_id", "tag_id")),
    "related_articles": Table(Origin.DERIVED, derived_tables.RelatedArticleRow, ()),
    "sections": Table(Origin.DERIVED, derived_tables.SectionRow),
    "placements": Table(Origin.DERIVED, derived_tables.PlacementRow, ()),
    "pages": Table(Origin.STATE, state_tables.PageRow),
    "hosts": Table(Origin.STATE, state_tables.HostRow, ("host",)),
    "change_rates": Table(Origin.STATE, state_tables.ChangeRateRow, ("age_hours",)),
    "crawls": Table(Origin.STATE, state_tables.CrawlRow),
    "crawl_sources": Table(Origin.STATE, state_tables.CrawlSourceRow, ("crawl_id", "source")),
    "reparses": Table(Origin.STATE, state_tables.ReparseRow),
    "pending": Table(Origin.STATE, state_tables.PendingRow, ("subject", "id", "capture_id")),
    "capture_periods": Table(Origin.STATE, state_tables.CapturePeriodRow, ("level", "period")),
    "added_captures": Table(Origin.STATE, state_tables.AddedCapturesRow, ("first_id",)),
    "roots": Table(Origin.STATE, state_tables.RootRow),
    "checks": Table(Origin.STATE, state_tables.CheckRow),
    "part_checks": Table(Origin.STATE, state_tables.PartCheckRow, ("kind", "part")),
    "certificates": Table(Origin.STATE, state_tables.CertificateRow, ("host",)),
    "versions_fts": Table(Origin.INTERNAL, internal_tables.SearchIndexRow, ()),
    "_sqlite_migrations": Table(Origin.INTERNAL, internal_tables.MigrationRow),
}
VIEWS = {
    "latest": Table(Origin.DERIVED, views.LatestRow, ()),
    "changes": Table(Origin.DERIVED, views.ChangeRow, ()),
    "article_authors": Table(Origin.DERIVED, views.ArticleAuthorRow, ()),
    "article_tags_now": Table(Origin.DERIVED, views.ArticleTagNowRow, ()),
    "article_sections": Table(Origin.DERIVED, views.ArticleSectionRow, ()),
}
