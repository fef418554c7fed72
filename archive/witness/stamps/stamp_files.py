"""Files of stamps next to records: how their names end, and how large they may be."""

TIME_STAMP_ENDING = ".tsr"  # the reply of a time-stamping server
DETACHED_STAMP_ENDING = ".ots"  # a stamp of OpenTimestamps
MAX_STAMP_BYTES = 100_000
