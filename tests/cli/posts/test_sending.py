"""``changes --post``: each edit is posted once, whatever fails or is killed, and no secret is printed."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archive.cli.main import cli
from archive.errors import PostingError
from archive.model import Article
from archive.posting.post_record import PostRecord
from archive.store import open_writer
from tests.support.running.time_limit import LONGEST
from tests.support.samples.captures import BRIDGE, archive_of, capture_of
from tests.support.servers.posting_services import (
    HANDLE,
    PASSWORD,
    PNG,
    TOKEN,
    FakeBluesky,
    FakeMastodon,
    Held,
    broken_off,
    lost_answer,
    serving_api,
    status_fault,
)

HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)
RIVER = Article(title="Murr: Ein Fluss 🌊 steigt", blocks=BRIDGE.blocks)
SENDING = {"mastodon": "POST /api/v1/statuses", "bluesky": "POST /xrpc/com.atproto.repo.putRecord"}
BOTH = pytest.mark.parametrize("name", ["mastodon", "bluesky"])


def titled(title: str, article: Article = BRIDGE) -> Article:
    return replace(article, title=title)


CAPTURES = [
    capture_of(BRIDGE, at=NOW - 50 * HOUR),
    capture_of(titled("Brücke: Alt"), at=NOW - 49 * HOUR),  # before the bot's first run looks
    capture_of(titled("Brücke: @neu #Großau"), at=NOW - 3 * HOUR),
    capture_of(RIVER, 700002, NOW - 3 * HOUR),
    capture_of(titled("Murr: Der Fluss 🌊 fällt", RIVER), 700002, NOW - 2 * HOUR),
    capture_of(titled("Brücke: Neuer"), at=NOW - HOUR),
]


class Bot:
    """Both services, an archive, and the command that posts its edits."""

    def __init__(self, folder: Path) -> None:
        self.mastodon, self.bluesky = FakeMastodon(), FakeBluesky()
        self.path = archive_of(folder / "taz.db", CAPTURES)
        self.record = folder / "taz.db.posted"
        self.output = ""

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TAZ_ARCHIVE_MASTODON_SERVER": self.mastodon.url,
            "TAZ_ARCHIVE_MASTODON_TOKEN": TOKEN,
            "TAZ_ARCHIVE_BLUESKY_SERVER": self.bluesky.url,
            "TAZ_ARCHIVE_BLUESKY_HANDLE": HANDLE,
            "TAZ_ARCHIVE_BLUESKY_PASSWORD": PASSWORD,
            "TAZ_ARCHIVE_CREDENTIALS": str(self.path.with_name("credentials")),
        }

    def run(self, name: str, *words: str, code: int = 0, **environment: str) -> Result:
        done = CliRunner(env={**self.environment, **environment}).invoke(
            cli, ["changes", str(self.path), "--post", name, *words], catch_exceptions=False
        )
        self.output += done.output
        assert done.exit_code == code, done.output
        return done

    def service(self, name: str) -> FakeMastodon | FakeBluesky:
        return self.mastodon if name == "mastodon" else self.bluesky

    def texts(self, name: str) -> list[str]:
        """The texts of all posts, in the order in which they were published, without invisible signs."""
        posts = self.mastodon.statuses if name == "mastodon" else self.bluesky.records.values()
        return [post["text"].replace("\u2060", "") for post in posts]

    def headlines(self, name: str) -> list[str]:
        """The new headline of each post."""
        return [text.splitlines()[1].removeprefix("→ ") for text in self.texts(name)]


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    bot = Bot(tmp_path)
    with serving_api(bot.mastodon), serving_api(bot.bluesky):
        yield bot
    stored = bot.record.read_text(encoding="utf-8") if bot.record.exists() else ""
    assert TOKEN not in bot.output + stored
    assert PASSWORD not in bot.output + stored


ALL = ["Brücke: @neu #Großau", "Murr: Der Fluss 🌊 fällt", "Brücke: Neuer"]


@BOTH
def test_each_edit_of_the_last_day_is_posted_once_oldest_first(bot: Bot, name: str) -> None:
    done = bot.run(name)
    assert bot.headlines(name) == ALL
    assert len(done.stdout.splitlines()) == 3
    assert all(line.startswith(("http://127.0.0.1", "https://bsky.app")) for line in done.stdout.splitlines())
    assert bot.record.stat().st_mode & 0o777 == 0o600
    requests = len(bot.service(name).seen)
    assert bot.run(name).output == ""
    assert len(bot.service(name).seen) == requests  # nothing to post: the service is not asked


def test_posts_to_mastodon_have_a_picture_a_language_and_no_mentions(bot: Bot) -> None:
    bot.run("mastodon")
    first, river, last = bot.mastodon.statuses
    assert {status["language"] for status in bot.mastodon.statuses} == {"de"}
    [media] = [bot.mastodon.media[each] for each in first["media"]]
    assert media["description"].startswith("Überschrift geändert. Vorher: »Brücke: Alt«. Nachher: »")
    assert media["picture"].startswith(PNG)
    assert "@\u2060neu #\u2060Großau" in first["text"]
    assert (river["in_reply_to_id"], last["in_reply_to_id"]) == (None, first["id"])


def test_posts_to_bluesky_form_threads(bot: Bot) -> None:
    bot.run("bluesky", "--limit", "2")
    bot.run("bluesky")
    uris = list(bot.bluesky.records)
    first, river, last = bot.bluesky.records.values()
    assert "reply" not in {*first, *river}
    assert {parent["uri"] for parent in last["reply"].values()} == {uris[0]}
    assert first["langs"] == ["de"]
    assert first["embed"]["images"][0]["alt"].startswith("Überschrift geändert.")


@BOTH
def test_what_a_limit_leaves_is_posted_by_the_next_runs(bot: Bot, name: str) -> None:
    assert f"{name}: 2 more at the next run" in bot.run(name, "--limit", "1").stderr
    bot.run(name, "--limit", "1")
    assert bot.headlines(name) == ALL[:2]
    bot.run(name, "--limit", "1")
    assert bot.headlines(name) == ALL


def test_older_edits_and_other_fields_are_posted_on_request(bot: Bot) -> None:
    with open_writer(bot.path) as archive:
        archive.record([capture_of(replace(RIVER, lead="Neu."), 700002, NOW - HOUR / 2)])
    bot.run("mastodon", "--since", "3d", "--any-edit")
    assert [text.splitlines()[1] for text in bot.texts("mastodon")] == [
        "→ Brücke: Alt",
        *(f"→ {title}" for title in ALL),
        "→ Murr: Ein Fluss 🌊 steigt",
    ]
    assert "Vorspann: – → Neu." in bot.texts("mastodon")[-1]


def test_a_dry_run_prints_posts_and_changes_nothing(bot: Bot) -> None:
    done = bot.run("mastodon", "--dry-run", "--pictures", str(bot.path.parent / "pictures"))
    posts = done.stdout.replace("\u2060", "").strip().split("\n\n")
    assert [post.splitlines()[1] for post in posts] == [f"→ {title}" for title in ALL]
    assert done.stderr == "mastodon: 3 posts, 0 replies; nothing was sent\n"
    assert len(list((bot.path.parent / "pictures").glob("*.png"))) == 3
    assert (bot.mastodon.seen, bot.record.exists()) == ([], False)


def test_a_dry_run_without_credentials_prints_posts_and_says_what_is_missing(bot: Bot) -> None:
    bot.run("mastodon")
    done = bot.run("mastodon", "--post", "bluesky", "--dry-run", TAZ_ARCHIVE_BLUESKY_HANDLE="", code=1)
    assert done.stdout.count("→ Brücke: Neuer") == 1  # Mastodon's were posted, and are not printed again
    assert "bluesky: 3 posts, 0 replies; nothing was sent" in done.stderr
    assert "bluesky: no handle is given: set TAZ_ARCHIVE_BLUESKY_HANDLE" in done.stderr
    assert bot.bluesky.seen == []


@BOTH
@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (status_fault(503), "HTTP 503 from 127.0.0.1"),
        (status_fault(429, Retry_After="3600"), "asks for 3600 s of pause"),
        (broken_off, "the connection broke off"),
        (lost_answer, "the connection broke off"),
    ],
)
def test_what_a_failing_service_misses_the_next_run_posts_once(
    bot: Bot, name: str, fault: object, problem: str
) -> None:
    bot.service(name).faults[SENDING[name]].append(fault)  # type: ignore[arg-type]  # any of these
    failed = bot.run(name, code=4)
    assert problem in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    bot.run(name)
    assert bot.headlines(name) == ALL


@BOTH
def test_edits_older_than_a_day_are_posted_if_the_service_was_down_for_days(bot: Bot, name: str) -> None:
    bot.service(name).faults[SENDING[name]].append(status_fault(500))
    bot.run(name, "--since", "60h", code=4)  # as 60 hours ago, without --since
    bot.run(name)
    assert bot.headlines(name) == ["Brücke: Alt", *ALL]


@BOTH
def test_a_run_killed_after_sending_and_before_recording_posts_nothing_twice(bot: Bot, name: str) -> None:
    held = Held()
    bot.service(name).faults[SENDING[name]].append(held)
    words = [sys.executable, "-m", "archive", "changes", str(bot.path), "--post", name]
    with subprocess.Popen(words, env={**os.environ, **bot.environment}) as process:
        assert held.done.wait(LONGEST)
        process.kill()
    bot.mastodon.by_key.clear()  # Mastodon forgets keys after an hour
    with bot.record.open("ab") as record:
        record.write(b'{"posted": "half a li')
    bot.run(name)
    assert bot.headlines(name) == ALL


@BOTH
def test_a_pause_that_the_service_asks_for_is_made(bot: Bot, name: str) -> None:
    faults = bot.service(name).faults[SENDING[name]]
    faults += [status_fault(429, Retry_After="0"), status_fault(429, RateLimit_Reset="1")]
    bot.run(name)
    assert bot.headlines(name) == ALL


def test_one_service_that_is_down_does_not_keep_the_other_from_its_posts(bot: Bot) -> None:
    bot.mastodon.faults["POST /api/v2/media"].append(status_fault(500))
    bot.run("mastodon", "--post", "bluesky", code=4)
    assert (bot.headlines("mastodon"), bot.headlines("bluesky")) == ([], ALL)


@BOTH
def test_a_refused_post_keeps_no_other_from_being_posted(bot: Bot, name: str) -> None:
    bot.service(name).faults[SENDING[name]].append(status_fault(422))
    failed = bot.run(name, code=3)
    assert f"{name}: HTTP 422: Fault (article 700001)" in failed.stderr
    bot.run(name)
    assert sorted(bot.headlines(name)) == sorted(ALL)


def test_a_reply_to_a_deleted_post_is_a_post_of_its_own(bot: Bot) -> None:
    bot.run("mastodon", "--limit", "1")
    bot.mastodon.statuses.clear()
    bot.run("mastodon")
    assert [status["in_reply_to_id"] for status in bot.mastodon.statuses] == [None, None]


def test_an_expired_session_is_refreshed(bot: Bot) -> None:
    def expire(_: object) -> bool:
        bot.bluesky.session += 1  # as if another program had refreshed it
        return False

    bot.bluesky.faults["POST /xrpc/com.atproto.repo.uploadBlob"] += [lambda _: False, expire]
    bot.run("bluesky")
    assert bot.headlines("bluesky") == ALL


def test_an_edit_known_better_or_earlier_is_not_posted_again(bot: Bot) -> None:
    bot.run("mastodon")
    with open_writer(bot.path) as archive:  # captures of another crawler, merged later
        archive.record([capture_of(titled("Brücke: Neuer"), at=NOW - 1.5 * HOUR, source="meulie")])
    assert bot.run("mastodon").output == ""


def test_an_edit_made_twice_is_posted_twice(bot: Bot) -> None:
    with open_writer(bot.path) as archive:
        again = [titled("Brücke: @neu #Großau"), titled("Brücke: Neuer")]
        archive.record(capture_of(each, at=NOW - HOUR / (2 + at)) for at, each in enumerate(again))
    bot.run("bluesky")
    assert bot.headlines("bluesky") == [*ALL, "Brücke: @neu #Großau", "Brücke: Neuer"]


@pytest.mark.parametrize(
    ("name", "changed", "problem"),
    [
        ("mastodon", {"TAZ_ARCHIVE_MASTODON_TOKEN": "x"}, "check the token: TAZ_ARCHIVE_MASTODON_TOKEN"),
        ("mastodon", {"TAZ_ARCHIVE_MASTODON_TOKEN": ""}, "no token is given: set TAZ_ARCHIVE_MASTODON_TOKEN"),
        ("mastodon", {"TAZ_ARCHIVE_MASTODON_SERVER": "http://example.org"}, "invalid server"),
        ("mastodon", {"TAZ_ARCHIVE_MASTODON_SERVER": "https://a:b@example.org"}, "invalid server"),
        (
            "bluesky",
            {"TAZ_ARCHIVE_BLUESKY_PASSWORD": "x"},
            "(TAZ_ARCHIVE_BLUESKY_HANDLE) and the app password",
        ),
        ("bluesky", {"TAZ_ARCHIVE_BLUESKY_SERVER": "ftp://127.0.0.1"}, "use https://HOST"),
    ],
)
def test_wrong_credentials_are_named_in_one_line(
    bot: Bot, name: str, changed: dict[str, str], problem: str
) -> None:
    failed = bot.run(name, code=1, **changed)
    assert problem in failed.stderr
    assert len(failed.stderr.splitlines()) == 1
    bot.run(name)
    assert bot.headlines(name) == ALL


def test_a_token_without_a_scope_is_reported_with_those_it_needs(bot: Bot) -> None:
    bot.mastodon.scopes.remove("write:media")
    assert "read:accounts read:statuses write:media" in bot.run("mastodon", code=1).stderr


def test_a_new_token_of_the_same_account_posts_nothing_twice(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.run("mastodon")
    monkeypatch.setattr(bot.mastodon, "token", "another-token")
    assert bot.run("mastodon", "--limit", "1", TAZ_ARCHIVE_MASTODON_TOKEN="another-token").output == ""
    assert bot.headlines("mastodon") == ALL


def test_credentials_of_a_file_are_read_if_only_its_owner_can(bot: Bot) -> None:
    file = bot.path.with_name("credentials")
    file.write_text(f"[mastodon]\ntoken = {TOKEN}\n", encoding="utf-8")
    file.chmod(0o644)
    assert f"chmod 600 {file}" in bot.run("mastodon", code=1, TAZ_ARCHIVE_MASTODON_TOKEN="").stderr
    file.chmod(0o600)
    bot.run("mastodon", TAZ_ARCHIVE_MASTODON_TOKEN="")
    assert bot.headlines("mastodon") == ALL
    folder = file.with_name("taz-archive")
    folder.mkdir()
    file.rename(folder / file.name)  # where it is looked for if no file is named
    bot.run(
        "mastodon",
        XDG_CONFIG_HOME=str(folder.parent),
        TAZ_ARCHIVE_CREDENTIALS="",
        TAZ_ARCHIVE_MASTODON_TOKEN="",
    )
    (folder / file.name).rename(file)
    file.write_text(f"{TOKEN}\n", encoding="utf-8")
    assert "expected lines such as" in bot.run("mastodon", code=1).stderr


def test_a_redirect_is_not_followed(bot: Bot) -> None:
    other = FakeMastodon()
    with ExitStack() as stack:
        stack.enter_context(serving_api(other))
        fault = status_fault(308, Location=f"{other.url}/api/v2/media")
        bot.mastodon.faults["POST /api/v2/media"].append(fault)
        assert "redirects" in bot.run("mastodon", code=1).stderr
    assert other.seen == []


def test_what_is_missing_is_named_with_the_command_that_installs_it(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)  # as if it were not installed
    for name in ("archive.cli.posts.sending", "archive.posting.picture", "archive.posting.service"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for words in (["--post", "mastodon"], ["--format", "post", "--pictures", str(bot.path.parent)]):
        done = CliRunner().invoke(cli, ["changes", str(bot.path), *words])
        assert done.exit_code == 1
        assert re.search(r"needs PIL: .*pillow>=11", done.stderr)


def test_two_runs_at_once_are_one(bot: Bot) -> None:
    with PostRecord.locked(bot.record):
        assert "another run is posting" in bot.run("mastodon", code=75).stderr
    assert bot.mastodon.seen == []


def test_a_damaged_record_is_refused_and_another_file_can_be_given(bot: Bot) -> None:
    bot.record.write_text("{}\nno JSON\n", encoding="utf-8")
    assert "line 1 is damaged" in bot.run("mastodon", code=1).stderr
    assert "cannot be written" in bot.run("mastodon", "--posted", "/proc/x", code=1).stderr
    bot.run("mastodon", "--posted", str(bot.path.with_name("other")))
    assert bot.headlines("mastodon") == ALL


def test_a_line_that_a_full_disk_cut_off_damages_no_later_one(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot.run("mastodon", "--limit", "1")
    write = os.write
    with monkeypatch.context() as patch, PostRecord.locked(bot.record) as record:
        patch.setattr(os, "write", lambda handle, data: write(handle, data[:5]))
        with pytest.raises(PostingError, match="the disk is full"):
            record.add_account("login", "account")
        patch.setattr(os, "write", write)
        record.add_account("other", "account")
    bot.run("mastodon")
    assert bot.headlines("mastodon") == ALL


@pytest.mark.parametrize("words", [["--dry-run"], ["--post", "mastodon", "--format", "html"]])
def test_options_that_do_not_go_together_are_refused(bot: Bot, words: list[str]) -> None:
    assert CliRunner().invoke(cli, ["changes", str(bot.path), *words]).exit_code == 2
