"""Releases."""

from collections.abc import Sequence

from dure.release import Artifact, Release
from dure.rest.shapes.said import Addresses, Shape, moment


def release_shape(at: Addresses, release: Release, files: Sequence[Artifact]) -> Shape:
    return {
        "id": release.id,
        "tag_name": release.tag,
        "name": release.tag,
        "body": release.changelog,
        "draft": False,
        "prerelease": False,
        "target_commitish": release.branch,
        "created_at": moment(release.made_at),
        "published_at": moment(release.released_at),
        "url": at.api("releases", release.id),
        "html_url": at.page("releases", release.tag),
        "tarball_url": at.api("tarball", release.tag),
        "zipball_url": at.api("zipball", release.tag),
        "assets": [{"name": file.name, "size": file.size, "digest": file.digest} for file in files],
    }
