"""How long a test waits before it calls a thing hung."""

LONGEST = 300  # seconds; nothing that works takes as long, however busy the machine is
