"""A proof holds for the capture and the root it was made for, and nothing else passes for one."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.proofs.proof import InvalidProof, read_proof
from tests.support.samples.captures import archive_of
from tests.support.samples.cli_archives import ARTICLE_CAPTURES

ARTICLE = 700001


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive_of(tmp_path_factory.mktemp("proofs") / "taz.db", ARTICLE_CAPTURES)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, list(map(str, words)), catch_exceptions=False)


@pytest.fixture(scope="module")
def proof(archive: Path) -> str:
    return run("digest", archive, "--proof", ARTICLE).stdout


def test_a_proof_is_checked_against_the_root_without_the_archive(
    archive: Path, proof: str, tmp_path: Path
) -> None:
    file, root = tmp_path / "proof.json", run("digest", archive).stdout.strip()
    file.write_text(proof, encoding="utf-8")
    command = [sys.executable, "-m", "archive", "check", str(file)]
    plain = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert root in plain
    assert plain == run("check", file).stdout
    assert run("check", file, "--root", root).stdout.endswith("\nholds\n")
    other = run("check", file, "--root", "0" * 64)
    assert other.exit_code == 1
    assert "not to the one given" in other.stderr


def test_checking_loads_no_library(proof: str, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    file.write_text(proof, encoding="utf-8")
    code = (
        "import sys; before = set(sys.modules); sys.argv = ['taz-archive', 'check', sys.argv[1]];"
        "from archive.__main__ import main; main();"
        "loaded = {name.split('.')[0] for name in set(sys.modules) - before};"
        "print(sorted(loaded - sys.stdlib_module_names - {'archive'}))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_article_a_version_and_a_capture_can_be_proven(archive: Path, proof: str) -> None:
    shown = json.loads(run("show", archive, ARTICLE, "--format", "json").stdout)
    assert run("digest", archive, "--proof", shown["digest"]).stdout == proof
    assert json.loads(run("digest", archive, "--capture", 1).stdout)["capture"]["source"]
    assert run("digest", archive, "--capture", 99).stderr.endswith("the archive has no capture 99\n")
    assert run("digest", archive, "--proof", ARTICLE, "--as-of", "today").stdout == proof
    assert run("digest", archive, "--proof", ARTICLE, "--capture", 1).exit_code == 2


def harm(change: Callable[[dict[str, Any]], object]) -> Callable[[str], str]:
    def harmed(proof: str) -> str:
        given = json.loads(proof)
        change(given)
        return json.dumps(given)

    return harmed


HARM: dict[str, Callable[[str], str]] = {
    "another time": harm(lambda given: given["capture"].update(captured_at="2025-04-10T12:00:00.001Z")),
    "another address": harm(lambda given: given["capture"].update(url="gopher://taz.de/0/!1")),
    "another source": harm(lambda given: given["capture"].update(source="gemini")),
    "other bytes": harm(lambda given: given["capture"].update(digest="0" * 64)),
    "another root": harm(lambda given: given.update(root="0" * 64)),
    "another number": harm(lambda given: given.update(captures=given["captures"] + 1)),
    "a step less": harm(lambda given: given["steps"].pop()),
    "a longer path": harm(lambda given: given["steps"][0][3].append("00" * 32)),
    "a count that is text": harm(lambda given: given["steps"][0].__setitem__(0, "1")),
    "a count that is true": harm(lambda given: given["steps"][0].__setitem__(0, given["captures"] > 0)),
    "a huge count": harm(lambda given: given["steps"][0].__setitem__(1, 10**30)),
    "a path of numbers": harm(lambda given: given["steps"][0].__setitem__(3, [1])),
    "a number for an address": harm(lambda given: given["capture"].update(url=7)),
    "half a surrogate": harm(lambda given: given["capture"].update(captured_at="\ud800")),
    "one more part": harm(lambda given: given["capture"].update(note="")),
    "another format": harm(lambda given: given.update(format="taz-archive proof 2")),
    "a list": lambda _: "[]",
    "deep lists": lambda _: "[" * 20_000,
    "nothing": lambda _: "",
}


@pytest.mark.parametrize("name", HARM)
def test_a_changed_proof_does_not_hold(proof: str, name: str) -> None:
    read_proof(proof)
    with pytest.raises(InvalidProof):
        read_proof(HARM[name](proof))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"{" * 100_000, b"\x1b[31m"])
def test_a_file_that_is_no_proof_is_named_in_one_line(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "proof.json"
    file.write_bytes(content)
    failed = run("check", file)
    assert failed.exit_code == 1
    assert failed.stderr == f"taz-archive: {file}: this is not a proof of taz-archive\n"


def test_the_name_of_a_file_cannot_control_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "\x1b[31m.json"
    file.write_text("{}", encoding="utf-8")
    command = [sys.executable, "-m", "archive", "check", str(file)]
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr.rstrip("\n").isprintable()
