"""``python -m archive``: the ``taz-archive`` command, wherever its script is."""

from archive.cli.main import main

main()
