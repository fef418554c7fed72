"""A derived dataset that lacks parts says so until they are derived."""

from pathlib import Path

from click.testing import CliRunner, Result

from archive.bulk.captures.dataset import write_facts, write_manifest
from archive.bulk.storage import open_storage
from archive.cli.main import cli
from tests.support.samples.capture_facts import facts_by_part
from tests.support.samples.captures import BASE, NUMBER, capture


def invoke(command: str, *words: object) -> Result:
    return CliRunner().invoke(cli, [command, *map(str, words)])


def test_a_part_that_fails_is_noted_until_it_is_derived(tmp_path: Path) -> None:
    captures, derived, archive = tmp_path / "captures", tmp_path / "derived", tmp_path / "taz.db"
    storage = open_storage(str(captures))
    parts = facts_by_part([capture(BASE, 0), capture(BASE, 1, NUMBER + 5_000)])
    files = [file for part, facts in parts.items() for file in write_facts(storage, part, facts)]
    write_manifest(storage, files)
    damaged = captures / files[0].name
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-5])
    done = invoke("derive", captures, derived, "--workers", 1)
    assert done.exit_code == 3
    assert "1 part derived, 1 capture, 1 article, 1 version, 1 part failed" in done.stdout
    refused = invoke("assemble", archive, derived)
    assert refused.exit_code == 1
    assert f"{derived}: incomplete: {files[0].part.name}: {damaged}: its digest differs" in refused.stderr
    assert refused.stderr.endswith("; repeat `derive`\n")
    damaged.write_bytes(content)
    assert invoke("derive", captures, derived, "--workers", 1).exit_code == 0
    assert invoke("assemble", archive, derived).stdout.startswith(f"{archive}: 2 articles, 2 versions")
