"""The crawl frontier: known pages, when each is due, and what is remembered of hosts."""
