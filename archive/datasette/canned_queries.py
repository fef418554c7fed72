"""Canned queries for Datasette: title, description and SQL of each."""

READY: dict[str, dict[str, str]] = {
    "latest_edits": {
        "title": "Latest edits",
        "description": "Versions that replaced an earlier one, newest first.",
        "sql": """
SELECT article_id, number, first_seen, title, words
FROM versions
WHERE number > 1
ORDER BY first_seen DESC
LIMIT 200
""",
    },
    "most_edited": {
        "title": "Most edited articles",
        "description": "Articles with more than one version, those with the most first.",
        "sql": """
SELECT id AS article_id, version_count, title, published, first_seen, last_seen, url
FROM articles
WHERE version_count > 1
ORDER BY version_count DESC, last_seen DESC
LIMIT 200
""",
    },
    "edited_headlines": {
        "title": "Edited headlines",
        "description": "Titles before and after an edit, newest first. A truncated title is listed only if it"
        " cannot be the previous one.",
        "sql": """
SELECT article_id, first_seen, title_before AS before, title_after AS after, typography_only
FROM changes
WHERE title_edited
ORDER BY first_seen DESC
LIMIT 200
""",
    },
    "gone_articles": {
        "title": "Gone articles",
        "description": "Articles that no longer existed when last requested from the server.",
        "sql": """
SELECT id AS article_id, title, published, last_seen,
  (SELECT min(captured_at) FROM captures
   WHERE article_id = articles.id AND outcome = 'absent' AND captured_at > articles.last_seen) AS gone_seen,
  url
FROM articles
WHERE state = 'gone'
ORDER BY gone_seen DESC
LIMIT 200
""",
    },
    "history": {
        "title": "History of an article",
        "description": "All versions of one article, by its number.",
        "sql": """
SELECT number, first_seen, last_seen, title, lead, words, truncation_count
FROM versions
WHERE article_id = :article
ORDER BY first_seen
""",
    },
    "what_failed": {
        "title": "Failed captures",
        "description": "Captures that failed or could not be read, newest first.",
        "sql": """
SELECT captured_at, outcome, problem, url, crawl_id, payload_id
FROM captures
WHERE outcome <> 'ok' AND outcome <> 'absent'
ORDER BY captured_at DESC
LIMIT 200
""",
    },
    "came_back": {
        "title": "Articles that came back",
        "description": "Articles that the server reported as missing and served again later.",
        "sql": """
SELECT a.id AS article_id, a.title, max(m.captured_at) AS last_missed,
  (SELECT min(c.captured_at) FROM captures c
   WHERE c.article_id = m.article_id AND c.outcome = 'ok' AND c.captured_at > max(m.captured_at)) AS back
FROM captures m
JOIN articles a ON a.id = m.article_id
WHERE m.outcome = 'absent' AND m.captured_at > a.first_seen AND m.captured_at < a.last_seen
GROUP BY m.article_id
HAVING back IS NOT NULL
ORDER BY back DESC
LIMIT 200
""",
    },
    "front_page_over_time": {
        "title": "Top of the front page",
        "description": "Articles at the first three places of the front page, and from when to when, newest"
        " first.",
        "sql": """
SELECT p.first_seen, p.last_seen, p.position, p.article_number, a.title
FROM sections s
JOIN placements p ON p.section_id = s.id
LEFT JOIN articles a ON a.id = p.article_id
WHERE s.number = 0 AND p.position <= 3
ORDER BY p.last_seen DESC, p.position
LIMIT 200
""",
    },
    "tag_over_time": {
        "title": "A tag over time",
        "description": "By month of publication: articles that have or had a tag, and how many were edited.",
        "sql": """
SELECT substr(a.published, 1, 7) AS month, count(*) AS articles, sum(a.version_count > 1) AS edited
FROM tags t
JOIN article_tags x ON x.tag_id = t.id
JOIN articles a ON a.id = x.article_id
WHERE t.name = :tag
GROUP BY month
ORDER BY month
""",
    },
    "broken_links": {
        "title": "Broken internal links",
        "description": "Links in latest versions to articles that are gone or never existed.",
        "sql": """
WITH missing (number, why) AS (
  SELECT id, 'gone' FROM articles WHERE state = 'gone'
  UNION
  SELECT p.number, 'never there' FROM captures c JOIN pages p ON p.id = c.page_id
  WHERE c.outcome <> 'ok' AND c.outcome = 'absent' AND c.article_id IS NULL AND p.kind = 'article'
)
SELECT v.article_id, v.title, l.text AS words, l.article_number AS leads_to, m.why
FROM missing m
JOIN links l ON l.article_number = m.number
JOIN articles a ON a.latest_version_id = l.version_id
JOIN versions v ON v.id = l.version_id
ORDER BY v.article_id DESC
LIMIT 200
""",
    },
    "longest_unseen": {
        "title": "Longest unseen",
        "description": "Articles by the time of their last readable capture, oldest first.",
        "sql": """
SELECT id AS article_id, title, published, last_seen, state
FROM articles
ORDER BY last_seen
LIMIT 200
""",
    },
}
