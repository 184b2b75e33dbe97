"""Repositories in a backup: one bundle of git for each, which is whole even while somebody pushes.

The database is copied first. Git has moved before the database says so, hence every push that the copy knows is in the
bundles; a newer one is written down by the house that is started on what was restored.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from dure.keeper.backup import archive
from dure.kit import Refused, run, say
from dure.settings import Settings

FOLDER = "repositories"
GIT_SECONDS_MAX = 24 * 3600.0


class BrokenRepository(Refused):
    """Git cannot read a repository."""


def bundles_of(settings: Settings, folder: Path) -> Iterator[tuple[str, Path]]:
    """Each repository that holds anything, made into one file."""
    for place in sorted((settings.data / FOLDER).glob("*.git")):
        if not git("-C", str(place), "for-each-ref", "--count=1").strip():
            continue
        bundle = folder / f"{place.stem}.bundle"
        git("-C", str(place), "bundle", "create", "--quiet", str(bundle), "--all")
        yield f"{archive.REPOSITORIES}/{bundle.name}", bundle
        bundle.unlink()


def unbundle(fresh: Path) -> None:
    """Make repositories of the bundles that were unpacked, beside the old data."""
    for bundle in sorted((fresh / archive.REPOSITORIES).glob("*.bundle")):
        place = bundle.with_suffix(".git")
        git("clone", "--quiet", "--mirror", "--template=", str(bundle), str(place))
        git("-C", str(place), "remote", "remove", "origin")
        bundle.unlink()


def git(*words: str) -> str:
    environment = {"PATH": os.environ.get("PATH", ""), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    ran = run(["git", *words], timeout_seconds=GIT_SECONDS_MAX, environment=environment)
    if not ran.well:
        raise BrokenRepository(say("git could not do it: {why}", why=ran.err.strip()[-500:]))
    return ran.out
