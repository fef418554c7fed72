"""All tables and views of an archive, in the order of docs/schema.md.

Times are UTC in ISO 8601 with milliseconds (``2025-04-10T12:00:00.000Z``), so they sort as text. Dates are
ISO 8601 days. NULL means that the page has no such part, unless the column says otherwise. ``position`` is a
place in a list.
"""

from archive.store.data_dictionary import derived, facts, internal, state, views
from archive.store.data_dictionary.table import Origin, Table

FACTS = {
    "captures": Table(Origin.FACT, facts.CaptureRow),
    "payloads": Table(Origin.FACT, facts.PayloadRow),
    "dictionaries": Table(Origin.FACT, facts.DictionaryRow),
    "dictionary_copies": Table(Origin.FACT, facts.DictionaryCopyRow),
}
TABLES = {
    "articles": Table(Origin.DERIVED, derived.ArticleRow),
    "versions": Table(Origin.DERIVED, derived.VersionRow),
    "version_truncations": Table(Origin.DERIVED, derived.VersionTruncationRow, ()),
    "version_repairs": Table(Origin.DERIVED, derived.VersionRepairRow, ()),
    "version_edits": Table(Origin.DERIVED, derived.VersionEditRow, ("version_id", "field")),
    **FACTS,
    "links": Table(Origin.DERIVED, derived.LinkRow, ()),
    "authors": Table(Origin.DERIVED, derived.AuthorRow),
    "version_authors": Table(Origin.DERIVED, derived.VersionAuthorRow, ("version_id", "author_id")),
    "tags": Table(Origin.DERIVED, derived.TagRow),
    "article_tags": Table(Origin.DERIVED, derived.ArticleTagRow, ("article_id", "tag_id")),
    "related_articles": Table(Origin.DERIVED, derived.RelatedArticleRow, ()),
    "sections": Table(Origin.DERIVED, derived.SectionRow),
    "placements": Table(Origin.DERIVED, derived.PlacementRow, ()),
    "pages": Table(Origin.STATE, state.PageRow),
    "hosts": Table(Origin.STATE, state.HostRow, ("host",)),
    "change_rates": Table(Origin.STATE, state.ChangeRateRow, ("age_hours",)),
    "crawls": Table(Origin.STATE, state.CrawlRow),
    "crawl_sources": Table(Origin.STATE, state.CrawlSourceRow, ("crawl_id", "source")),
    "reparses": Table(Origin.STATE, state.ReparseRow),
    "certificates": Table(Origin.STATE, state.CertificateRow, ("host",)),
    "versions_fts": Table(Origin.INTERNAL, internal.SearchIndexRow, ()),
    "_sqlite_migrations": Table(Origin.INTERNAL, internal.MigrationRow),
}
VIEWS = {
    "latest": Table(Origin.DERIVED, views.LatestRow, ()),
    "changes": Table(Origin.DERIVED, views.ChangeRow, ()),
    "article_authors": Table(Origin.DERIVED, views.ArticleAuthorRow, ()),
    "article_tags_now": Table(Origin.DERIVED, views.ArticleTagNowRow, ()),
    "article_sections": Table(Origin.DERIVED, views.ArticleSectionRow, ()),
}
