"""Everything that one page, or one answer, says of a release."""

from collections.abc import Sequence
from dataclasses import dataclass

from dure import build, code
from dure.ledger import Work
from dure.plan import Project
from dure.release.release import Artifact, Release, artifacts_of, commits_of, release_of, releases_of

COMMITS_SHOWN = 200
PAGE_RELEASES = 30


@dataclass(frozen=True)
class Whole:
    project: Project
    release: Release
    artifacts: Sequence[Artifact]
    shas: Sequence[str]
    commits: Sequence[code.Commit]
    """The newest of them, the newest first."""
    runs: Sequence[build.Run]


@dataclass(frozen=True)
class Shelf:
    """One page of releases."""

    project: Project
    releases: Sequence[Release]
    older: int | None


def whole_release(work: Work, project: Project, version: str) -> Whole:
    release = release_of(work, project, version)
    shas = commits_of(work, release)
    shown = [code.commit_of(work, project, sha) for sha in shas[-COMMITS_SHOWN:][::-1]]
    return Whole(
        project,
        release,
        artifacts_of(work, release),
        shas,
        [commit for commit in shown if commit is not None],
        build.runs_of(work, project, sha=release.sha),
    )


def shelf(work: Work, project: Project, *, before: int | None = None, limit: int = PAGE_RELEASES) -> Shelf:
    found = releases_of(work, project, before=before, limit=limit + 1)
    return Shelf(project, found[:limit], found[limit - 1].id if len(found) > limit else None)
