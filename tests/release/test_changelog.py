"""Versions and changelogs, from real commits in a real repository."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.release.changelog import next_version, read_news

IDENTITY = {
    "GIT_AUTHOR_NAME": "ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "PATH": "/usr/bin:/bin",
    "HOME": "/nonexistent",
}


class Repository:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *words: str) -> str:
        return subprocess.run(
            ["git", "-C", self.folder, *words], env=IDENTITY, capture_output=True, check=True, text=True
        ).stdout.strip()

    def commit(self, message: str) -> str:
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "shop")


def test_the_first_release_is_0_1_0_and_tells_everything(repository: Repository) -> None:
    repository.commit("feat: sell tea")
    last = repository.commit("just a commit")
    news = read_news(repository.folder, last, None, [])
    assert news.version == "0.1.0"
    assert news.changelog.startswith("### Features\n\n- sell tea (")
    assert "### Other changes\n\n- just a commit (" in news.changelog


@pytest.mark.parametrize(
    ("message", "version"),
    [
        ("fix(cart): round prices", "1.2.4"),
        ("feat: sell fans", "1.3.0"),
        ("feat!: a new door", "2.0.0"),
        ("fix: a door\n\nBREAKING CHANGE: the old one is gone", "2.0.0"),
        ("docs: say it", "1.2.4"),
        ("a commit that follows no convention", "1.2.4"),
        ("한국어 커밋 메시지", "1.2.4"),
    ],
)
def test_the_kind_of_the_commits_makes_the_version(repository: Repository, message: str, version: str) -> None:
    repository.commit("feat: sell tea")
    repository.git("tag", "v1.2.3")
    last = repository.commit(message)
    later = repository.commit("feat!: later, and not in it")
    news = read_news(repository.folder, last, "v1.2.3", ["1.2.3"])
    assert news.version == version
    assert "sell tea" not in news.changelog
    assert later[:10] not in news.changelog


def test_what_others_print_in_a_subject_stays_one_line(repository: Repository) -> None:
    last = repository.commit("feat(web)!: a door\n\nwith many\nlines")
    assert (
        read_news(repository.folder, last, None, []).changelog.splitlines()[-1].startswith("- **breaking** **web**: ")
    )


numbers = st.integers(min_value=0, max_value=30)
versions = st.builds("{}.{}.{}".format, numbers, numbers, numbers)


@given(wanted=st.none() | versions.map("v{}".format) | st.text(max_size=8), taken=st.lists(versions, max_size=8))
def test_no_version_is_given_twice_and_none_goes_back(wanted: str | None, taken: list[str]) -> None:
    given = next_version(wanted, taken)
    assert given not in taken
    assert all(parts(given) > parts(former) for former in taken)


def parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def test_a_commit_that_says_nothing_is_told_all_the_same(repository: Repository) -> None:
    repository.commit("feat: a shop")
    repository.git("commit", "--quiet", "--allow-empty", "--allow-empty-message", "--message", "")
    news = read_news(repository.folder, repository.git("rev-parse", "HEAD"), None, [])
    assert "a shop" in news.changelog
