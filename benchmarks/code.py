"""Lines of code per package, without blank lines and comments."""

import tokenize
from pathlib import Path

from benchmarks.timing import show

SKIPPED = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
}


def main() -> None:
    for package in ("archive", "crawler", "crawler/demo/newspaper", "tests", "benchmarks"):
        files = list(Path(package).rglob("*.py"))
        show(f"lines of code, {package}", sum(map(_lines, files)), "lines", f"{len(files)} files")


def _lines(file: Path) -> int:
    with file.open("rb") as source:
        tokens = tokenize.tokenize(source.readline)
        return len({token.start[0] for token in tokens if token.type not in SKIPPED})
