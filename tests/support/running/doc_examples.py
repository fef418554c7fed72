"""Run the examples of a document, in order."""

import re
import shlex
import subprocess
from pathlib import Path

from tests.support.samples.exported_archive import python, taz_archive

BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROMPT = "$ "
# Our own commands run here, unless a shell has to pass on what they print; others run as they stand.
SHELL = re.compile(r"[|>]")


def run_examples(document: Path) -> int:
    """Run the commands and Python programs of a document in the current folder. Return how many blocks."""
    blocks = BLOCK.findall(document.read_text(encoding="utf-8"))
    for kind, text in blocks:
        if kind == "python":
            python(text)
        else:
            for line in text.splitlines():
                if line.startswith(PROMPT):
                    run_line(line.removeprefix(PROMPT))
    return len(blocks)


def run_line(line: str) -> None:
    """Run a command line, which must end with success."""
    command, *args = shlex.split(line)
    if command == "taz-archive" and not SHELL.search(line):
        ended = taz_archive(*args)
        assert ended.code == 0, (line, ended.stderr)
    else:
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stdout, done.stderr)
