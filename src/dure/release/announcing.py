"""A release is said to workflows: `release`, at its tag."""

from typing import Any

from dure import build
from dure.ledger import Entry, Work
from dure.plan import Project, project_of
from dure.release.release import Release, Released, artifacts_of, release_with

TYPES = ("created", "published", "released")
"""One that is made in one go is all three; a workflow names the one that it waits for."""


def tell_workflows(work: Work, entry: Entry) -> None:
    """Each type of it once, however often it is told."""
    event = entry.event()
    assert isinstance(event, Released)
    release, project = release_with(work, event.release), project_of(work, event.project)
    told = {"release": release_told(work, release, project)}
    for kind in TYPES:
        happened = build.Happened(
            name="release",
            type=kind,
            key=f"entry:{entry.id}/{kind}",
            ref=f"refs/tags/{release.tag}",
            sha=release.sha,
            title=release.tag,
            payload=told,
        )
        build.raise_event(work, project, happened, at=entry.at)


# open: the house's own reaction asks.
def release_told(work: Work, release: Release, project: Project) -> dict[str, Any]:
    """`github.event.release`."""
    page = f"/{project.path}/releases/{release.version}"
    return {
        "id": release.id,
        "tag_name": release.tag,
        "name": release.tag,
        "body": release.changelog,
        "draft": False,
        "prerelease": False,
        "target_commitish": release.branch,
        "author": {"login": "dure", "type": "Bot"},
        "assets": [
            {"name": file.name, "size": file.size, "digest": file.digest} for file in artifacts_of(work, release)
        ],
        "created_at": build.moment_told(release.made_at),
        "published_at": build.moment_told(release.released_at),
        "html_url": page,
    }
