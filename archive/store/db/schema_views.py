"""The SQL of the views, part of :mod:`archive.store.db.schema`."""

CREATE_VIEWS = """
-- Each value on its own, not by a JOIN: so counting them, as Datasette does, looks for none.
CREATE VIEW latest AS
SELECT a.id AS article_id, a.version_count AS version, a.published, a.title,
  (SELECT lead FROM versions v WHERE v.id = a.latest_version_id) AS lead,
  (SELECT text FROM versions v WHERE v.id = a.latest_version_id) AS text,
  (SELECT words FROM versions v WHERE v.id = a.latest_version_id) AS words,
  (SELECT group_concat(name, ', ') FROM (SELECT name FROM version_authors JOIN authors ON id = author_id
   WHERE version_id = a.latest_version_id ORDER BY position)) AS authors,
  a.first_seen, (SELECT first_seen FROM versions v WHERE v.id = a.latest_version_id) AS edited_at,
  a.last_seen, a.state, a.url
FROM articles a WHERE a.latest_version_id IS NOT NULL;

CREATE VIEW changes AS
SELECT n.article_id, n.number AS version, n.first_seen,
  (SELECT last_seen FROM versions o WHERE o.id = n.id - 1) AS last_seen_before,
  (SELECT group_concat(field, ', ') FROM version_edits e WHERE e.version_id = n.id) AS fields_edited,
  (SELECT group_concat(field, ', ') FROM (SELECT DISTINCT field FROM version_truncations
   WHERE version_id IN (n.id - 1, n.id) ORDER BY field)) AS fields_truncated,
  (SELECT min(typography) FROM version_edits e WHERE e.version_id = n.id) AS typography_only,
  EXISTS (SELECT 1 FROM version_edits e WHERE e.version_id = n.id AND e.field = 'title') AS title_edited,
  EXISTS (SELECT 1 FROM version_truncations
   WHERE version_id IN (n.id - 1, n.id) AND field = 'title') AS title_truncated,
  (SELECT title FROM versions o WHERE o.id = ifnull((SELECT before_id FROM version_edits e
   WHERE e.version_id = n.id AND e.field = 'title'), n.id - 1)) AS title_before, n.title AS title_after,
  (SELECT lead FROM versions o WHERE o.id = ifnull((SELECT before_id FROM version_edits e
   WHERE e.version_id = n.id AND e.field = 'lead'), n.id - 1)) AS lead_before, n.lead AS lead_after,
  (SELECT caption FROM versions o WHERE o.id = ifnull((SELECT before_id FROM version_edits e
   WHERE e.version_id = n.id AND e.field = 'caption'), n.id - 1)) AS caption_before,
     n.caption AS caption_after,
  (SELECT text FROM versions o WHERE o.id = ifnull((SELECT before_id FROM version_edits e
   WHERE e.version_id = n.id AND e.field = 'text'), n.id - 1)) AS text_before, n.text AS text_after,
  CASE WHEN NOT EXISTS (SELECT 1 FROM version_edits e WHERE e.version_id = n.id AND e.field = 'text') THEN 0
    ELSE (SELECT n.words - o.words FROM version_edits e JOIN versions o ON o.id = e.before_id
      WHERE e.version_id = n.id AND e.field = 'text' AND NOT EXISTS
        (SELECT 1 FROM version_truncations c WHERE c.version_id IN (o.id, n.id)
        AND c.field = 'text')) END AS words_more
FROM versions n WHERE n.number > 1;

CREATE VIEW article_authors AS
SELECT a.id AS article_id, x.author_id, (SELECT name FROM authors WHERE id = x.author_id) AS name, x.position
FROM articles a JOIN version_authors x ON x.version_id = a.latest_version_id;

CREATE VIEW article_tags_now AS
SELECT a.id AS article_id, x.tag_id, (SELECT name FROM tags WHERE id = x.tag_id) AS name
FROM articles a JOIN article_tags x ON x.article_id = a.id AND x.last_seen = a.last_seen;

CREATE VIEW article_sections AS
SELECT p.article_id, p.section_id, (SELECT number FROM sections WHERE id = p.section_id) AS number,
  (SELECT name FROM sections WHERE id = p.section_id) AS name,
  min(p.first_seen) AS first_seen, max(p.last_seen) AS last_seen, min(p.position) AS best_position
FROM placements p WHERE p.article_id IS NOT NULL GROUP BY p.article_id, p.section_id;
"""
