"""The canned queries of the charts: the SVG, the table in Datasette and the CSV share one SQL statement."""

from archive.languages import N_

AGES = (  # in the results of the query, each after a digit that sorts them
    N_("under 1 hour"),
    N_("to 3 hours"),
    N_("to 6 hours"),
    N_("to 12 hours"),
    N_("to 1 day"),
    N_("to 3 days"),
    N_("to 1 week"),
    N_("to 30 days"),
    N_("later"),
)
CHARTS: dict[str, dict[str, str]] = {
    "articles_by_day": {
        "title": N_("Articles by day"),
        "description": N_(
            "Articles per day of publication in the last 400 days, and how many of them were edited since."
        ),
        "sql": """
SELECT published AS day, count(*) AS articles, sum(version_count > 1) AS edited
FROM articles
WHERE published > (SELECT date(max(published), '-400 days') FROM articles)
GROUP BY published
ORDER BY published
""",
    },
    "first_sights_by_hour": {
        "title": N_("First captures by hour and weekday"),
        "description": N_(
            "Number of articles by weekday (0 is Monday) and hour of their first capture, UTC: the"
            " last 10,000 articles."
        ),
        "sql": """
SELECT (strftime('%w', first_seen) + 6) % 7 AS weekday, CAST(substr(first_seen, 12, 2) AS INTEGER) AS hour,
  count(*) AS articles
FROM (SELECT first_seen FROM articles ORDER BY first_seen DESC LIMIT 10000)
GROUP BY weekday, hour
ORDER BY weekday, hour
""",
    },
    "edits_by_age": {
        "title": N_("Edits by age of the article"),
        "description": N_(
            "Time from the first capture of an article to an edit: the last 10,000 edits. An edit"
            " is seen at the next crawl, so the schedule of crawls affects the result."
        ),
        "sql": """
WITH ages AS (
  SELECT (julianday(e.first_seen) - julianday(a.first_seen)) * 24 AS hours
  FROM (SELECT article_id, first_seen FROM versions WHERE number > 1 ORDER BY first_seen DESC LIMIT 10000) e
  JOIN articles a ON a.id = e.article_id
)
SELECT CASE WHEN hours < 1 THEN '0 under 1 hour' WHEN hours < 3 THEN '1 to 3 hours'
  WHEN hours < 6 THEN '2 to 6 hours' WHEN hours < 12 THEN '3 to 12 hours' WHEN hours < 24 THEN '4 to 1 day'
  WHEN hours < 72 THEN '5 to 3 days' WHEN hours < 168 THEN '6 to 1 week' WHEN hours < 720 THEN '7 to 30 days'
  ELSE '8 later' END AS age, count(*) AS edits
FROM ages
GROUP BY age
ORDER BY age
""",
    },
    "most_edited_topics": {
        "title": N_("Most edited topics"),
        "description": N_(
            "Tags by the number of edits, among the last 10,000, of articles that have or had the tag."
        ),
        "sql": """
SELECT t.name AS tag, count(*) AS edits, count(DISTINCT e.article_id) AS articles, t.number
FROM (SELECT article_id FROM versions WHERE number > 1 ORDER BY first_seen DESC LIMIT 10000) e
JOIN article_tags x ON x.article_id = e.article_id
JOIN tags t ON t.id = x.tag_id
GROUP BY t.id
ORDER BY edits DESC, tag
LIMIT 20
""",
    },
    "articles_per_author": {
        "title": N_("Most articles by author"),
        "description": N_(
            "Authors of the last 10,000 articles by number of articles, with the number of edits."
        ),
        "sql": """
SELECT u.name AS author, count(*) AS articles, sum(a.version_count - 1) AS edits, u.number
FROM (SELECT latest_version_id, version_count FROM articles ORDER BY first_seen DESC LIMIT 10000) a
JOIN version_authors w ON w.version_id = a.latest_version_id
JOIN authors u ON u.id = w.author_id
GROUP BY u.id
ORDER BY articles DESC, author
LIMIT 20
""",
    },
}
