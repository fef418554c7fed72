"""The only time limit of tests: how long something may take before it counts as hung."""

LONGEST = 300  # seconds; nothing that works takes as long, however busy the machine is
