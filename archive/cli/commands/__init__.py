"""Our commands: a folder for each section of ``--help``, a module for each command."""
