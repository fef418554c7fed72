"""Imports what workers need, in the process that they are forked from."""

import distributed  # noqa: F401 - workers need it

from archive.bulk.derive import derive_job  # noqa: F401 - workers need it
from archive.bulk.parser import own_parser
from archive.store.rederivation import deriving_ahead  # noqa: F401 - workers need it

own_parser()  # reads all of the program
