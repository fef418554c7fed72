"""The canned queries of the charts: the chart, the table in Datasette and the CSV share one SQL statement.

Charts of edits read the last 10,000, so that they are fast however large the archive is.
"""

from archive.languages import N_

CHARTS: dict[str, dict[str, str]] = {
    "headline_edits_by_hour": {
        "title": N_("Edits by hour after the first capture"),
        "description": N_(
            "The last 10,000 edits by the full hours from the first capture of the article to the edit, and"
            " how many of them changed the headline; 48 stands for 48 hours and more. An edit is seen at the"
            " next crawl, so the schedule of crawls affects the result."
        ),
        "sql": """
WITH edits AS (
  SELECT id, article_id, first_seen FROM versions WHERE number > 1 ORDER BY first_seen DESC LIMIT 10000
), ages AS (
  SELECT round((julianday(e.first_seen) - julianday(a.first_seen)) * 24, 3) AS hours,
    EXISTS (SELECT 1 FROM version_edits t
      WHERE t.version_id = e.id AND t.field = 'title' AND t.typography = 0) AS is_headline
  FROM edits e JOIN articles a ON a.id = e.article_id
)
SELECT min(CAST(hours AS INTEGER), 48) AS hour, count(*) AS edits, sum(is_headline) AS headline_edits
FROM ages
GROUP BY hour
ORDER BY hour
""",
    },
    "edits_by_section": {
        "title": N_("Edits by section"),
        "description": N_(
            "The last 10,000 edits by the sections that list or listed the article, and how many of them"
            " changed the headline. An article can be in several sections."
        ),
        "sql": """
WITH edits AS (
  SELECT id, article_id FROM versions WHERE number > 1 ORDER BY first_seen DESC LIMIT 10000
), listed AS (
  SELECT DISTINCT article_id, section_id FROM placements WHERE article_id IN (SELECT article_id FROM edits)
)
SELECT s.name AS section, count(*) AS edits,
  sum(EXISTS (SELECT 1 FROM version_edits t
    WHERE t.version_id = e.id AND t.field = 'title' AND t.typography = 0)) AS headline_edits,
  count(DISTINCT e.article_id) AS articles, s.number
FROM edits e
JOIN listed l ON l.article_id = e.article_id
JOIN sections s ON s.id = l.section_id
WHERE s.number > 0
GROUP BY s.id
ORDER BY edits DESC, section
LIMIT 20
""",
    },
    "most_edited_authors": {
        "title": N_("Most edited authors"),
        "description": N_("Authors by the number of edits of their articles, among the last 10,000 edits."),
        "sql": """
SELECT u.name AS author, count(*) AS edits, count(DISTINCT e.article_id) AS articles, u.number
FROM (SELECT id, article_id FROM versions WHERE number > 1 ORDER BY first_seen DESC LIMIT 10000) e
JOIN version_authors w ON w.version_id = e.id
JOIN authors u ON u.id = w.author_id
GROUP BY u.id
ORDER BY edits DESC, author
LIMIT 20
""",
    },
    "most_edited_topics": {
        "title": N_("Most edited topics"),
        "description": N_(
            "Topics by the number of edits, among the last 10,000, of articles that have or had the topic."
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
    "front_page_time": {
        "title": N_("Time on the front page"),
        "description": N_(
            "Articles that left the front page in the last 90 days, by the hours from the first to the last"
            " capture of the front page that lists them. Those that were there at the first capture of all"
            " are left out, as are those that are still there."
        ),
        "sql": """
WITH front AS (
  SELECT id FROM sections WHERE number = 0
), ends AS (
  SELECT (SELECT min(last_seen) FROM placements WHERE section_id = (SELECT id FROM front)) AS first,
    (SELECT max(last_seen) FROM placements WHERE section_id = (SELECT id FROM front)) AS last
), span AS (
  SELECT max(first, strftime('%Y-%m-%dT%H:%M:%fZ', last, '-90 days')) AS start, last FROM ends
), times AS (
  SELECT (julianday(max(last_seen)) - julianday(min(first_seen))) * 24 AS hours
  FROM placements
  WHERE section_id = (SELECT id FROM front) AND last_seen > (SELECT start FROM span)
  GROUP BY article_number
  HAVING min(first_seen) > (SELECT start FROM span) AND max(last_seen) < (SELECT last FROM span)
), ordered AS (
  SELECT round(hours, 3) AS hours, row_number() OVER (ORDER BY hours) AS place, count(*) OVER () AS total
  FROM times
)
SELECT CASE WHEN hours < 1 THEN 0 WHEN hours < 2 THEN 1 WHEN hours < 4 THEN 2 WHEN hours < 8 THEN 4
    WHEN hours < 12 THEN 8 WHEN hours < 24 THEN 12 WHEN hours < 48 THEN 24 WHEN hours < 168 THEN 48
    ELSE 168 END AS hours_from,
  count(*) AS articles,
  (SELECT round(avg(hours), 1) FROM ordered WHERE place IN ((total + 1) / 2, total / 2 + 1)) AS median_hours
FROM ordered
GROUP BY hours_from
ORDER BY hours_from
""",
    },
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
    "first_captures_by_hour": {
        "title": N_("First captures by hour"),
        "description": N_(
            "The last 10,000 articles by the hour of the day at which they were first captured, in the"
            " time zone of the paper."
        ),
        "sql": """
SELECT CAST(substr(paper_time(first_seen), 12, 2) AS INTEGER) AS hour, count(*) AS articles
FROM (SELECT first_seen FROM articles WHERE first_seen IS NOT NULL ORDER BY first_seen DESC LIMIT 10000)
GROUP BY hour
ORDER BY hour
""",
    },
}
