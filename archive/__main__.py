"""``python -m archive``: the ``taz-archive`` command, wherever its script is."""

from archive.entry import main

main()
