"""How a crawl treats the servers of others by default.

``taz-archive crawl`` passes its options on to Scrapy; plain ``scrapy crawl`` uses these as they are.
"""

from datetime import timedelta

PAUSE = timedelta(seconds=1)  # between two requests to a host; less is allowed only for one's own servers
MAX_DELAY = timedelta(days=1)  # of what a person may set
TIMEOUT = timedelta(seconds=30)  # from connecting to the last byte
MAX_CRAWL_DELAY = timedelta(seconds=60)  # a "Crawl-delay: 86400" of a robots.txt would stall a run
