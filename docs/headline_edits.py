"""How often are headlines changed after publication, and when? An example: DuckDB over a Parquet export.

    taz-archive export taz.db taz --format parquet --versions all
    python docs/headline_edits.py taz headline_edits.svg

Needs duckdb and matplotlib. Each cell below stands for itself, as in a notebook.
"""

# %% What to read, and where the picture goes.
import sys
from pathlib import Path

import duckdb
import matplotlib as mpl
import matplotlib.pyplot as plt

export, picture = Path(sys.argv[1]), Path(sys.argv[2])

# %% Every version, and whether it edited the headline, as `edited` says. Titles are not compared here: one
# that a source truncated may be the same. No page tells the hour; we know when we first saw an article.
db = duckdb.connect()
db.execute(
    f"""
    CREATE VIEW versions AS
    SELECT id, version, first_seen,
      list_contains(edited, 'title') AS headline_edited,
      min(first_seen) OVER (PARTITION BY id) AS appeared
    FROM read_parquet('{export}/versions/*/*.parquet', hive_partitioning = true)
    """
)

# %% In how many articles did the headline change at all?
((articles, changed, changes),) = db.sql(
    """
    SELECT count(DISTINCT id),
      count(DISTINCT id) FILTER (headline_edited),
      count(*) FILTER (headline_edited)
    FROM versions
    """
).fetchall()
print(f"{articles} articles, the headlines of {changed} ({changed / articles:.0%}) changed, {changes} times")

# %% How long after it appeared, in hours?
after = db.sql(
    """
    SELECT date_diff('hour', appeared, first_seen) AS hours, count(*) AS changes
    FROM versions WHERE headline_edited GROUP BY ALL ORDER BY ALL
    """
).fetchall()

# %% At what hour of the day (UTC), and of how many articles that appeared in that hour?
by_hour = db.sql(
    """
    SELECT hour, count(*) FILTER (headline_edited) AS changes, count(*) FILTER (version = 1) AS appeared
    FROM (SELECT *, date_part('hour', timezone('UTC', first_seen)) AS hour FROM versions)
    GROUP BY ALL ORDER BY ALL
    """
).fetchall()

# %% The picture.
mpl.rcParams["svg.hashsalt"] = "taz-archive"  # the same bytes each time
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
left.bar([hours for hours, _ in after], [count for _, count in after], color="#b00020")
left.set(xlabel="hours after the article was first seen", ylabel="headlines changed")
left.set_title(f"{changed} of {articles} headlines changed", loc="left")
hours = [hour for hour, *_ in by_hour]
right.bar(hours, [new for *_, new in by_hour], color="#cccccc", label="articles appeared")
right.bar(hours, [count for _, count, _ in by_hour], color="#b00020", width=0.5, label="headlines changed")
right.set(xlabel="hour of the day (UTC)", xticks=range(0, 24, 3), xlim=(-0.7, 23.7))
right.legend(frameon=False)
for axes in (left, right):
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig(picture, metadata={"Date": None} if picture.suffix == ".svg" else None)
