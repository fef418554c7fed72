"""Which sections edit headlines most, and how soon? An example: DuckDB over millions of versions.

    taz-archive export taz.db captures --format captures
    taz-archive derive captures derived
    python docs/section_headlines.py derived section_headlines.svg

Needs duckdb and matplotlib. Each cell below stands for itself, as in a notebook.
"""

# %% What to read, and where the picture goes. DuckDB reads s3://… as well, after `INSTALL httpfs`.
import sys
from pathlib import Path

import duckdb
import matplotlib as mpl
import matplotlib.pyplot as plt

derived, picture = sys.argv[1], Path(sys.argv[2])
SECTIONS, HOURS = 8, 24  # that are drawn

# %% A folder for each table, and in it a file for each part.
db = duckdb.connect()
for table in ("articles", "versions", "edits", "sections", "placements"):
    db.execute(f"CREATE VIEW {table} AS FROM read_parquet('{derived}/{table}/*.parquet')")

# %% The section of each article: that on whose page it was seen first, but for the front page, 0.
db.execute(
    """
    CREATE TABLE section_of AS
    SELECT article_number AS article_id, arg_min(name, first_seen) AS section
    FROM placements JOIN sections ON number = section_number
    WHERE number > 0 GROUP BY article_number
    """
)

# %% The first edit of each headline, in hours after the article was first seen. Typography does not count.
db.execute(
    """
    CREATE TABLE first_edits AS
    SELECT v.article_id, date_diff('second', any_value(a.first_seen), min(v.first_seen)) / 3600 AS hours
    FROM edits JOIN versions v ON v.id = version_id JOIN articles a ON a.id = v.article_id
    WHERE field = 'title' AND NOT typography GROUP BY v.article_id
    """
)

# %% How many headlines does each section edit, and within how many hours half of those?
table = db.sql(
    f"""
    SELECT section, count(*) AS articles, count(hours) AS edited, median(hours) AS half_within
    FROM section_of JOIN articles ON id = article_id LEFT JOIN first_edits USING (article_id)
    GROUP BY section ORDER BY count(hours) / count(*) DESC, section LIMIT {SECTIONS}
    """
).fetchall()
for section, articles, edited, half in table:
    within = f", half of them within {half:.1f} hours" if edited else ""
    print(f"{section}: {edited} of {articles} headlines ({edited / articles:.1%}) edited{within}")

# %% What share of its headlines had a section edited by each hour?
by_hour = {
    section: db.execute(
        """
        SELECT count(*) FILTER (hours <= hour) * 100.0 / count(*)
        FROM section_of JOIN articles ON id = article_id LEFT JOIN first_edits USING (article_id),
          range(?) AS axis (hour)
        WHERE section = ? GROUP BY hour ORDER BY hour
        """,
        [HOURS + 1, section],
    ).fetchall()
    for section, *_ in table
}

# %% The picture.
mpl.rcParams["svg.hashsalt"] = "taz-archive"  # the same bytes each time
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
colours = [plt.get_cmap("viridis")(at / SECTIONS) for at in range(len(table))]
names = [section for section, *_ in table]
left.barh(names, [edited / articles * 100 for _, articles, edited, _ in table], color=colours)
left.invert_yaxis()
left.set(xlabel="headlines edited, in % of the section's articles")
left.set_title(f"{sum(articles for _, articles, *_ in table):,} articles", loc="left")
for section, colour in zip(names, colours, strict=True):
    shares = [share for (share,) in by_hour[section]]
    right.plot(range(HOURS + 1), shares, color=colour)
    right.annotate(
        section, (HOURS, shares[-1]), (4, 0), textcoords="offset points", va="center", fontsize="small"
    )
right.set(
    xlabel="hours after the article was first seen", ylabel="edited by then, in %", xlim=(0, HOURS), ylim=0
)
for axes in (left, right):
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)
