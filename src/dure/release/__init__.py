"""Release: a commit that every check found good gets a version, a changelog, its files by digest, and a provenance.

In: green commits of the default branch (code.check_set), or a commit that somebody chose.
Out: release.begun, release.released; what deploy needs to run it: the source and the frozen app file.
Asks: code for commits and trees, build for runs and artifacts, storage for the bytes, the vault for the signing key.
"""

from dure.release.making import Releasing
from dure.release.provenance import Envelope, ProvenanceDiffers, Signer, Subject, key_id, verify
from dure.release.release import (
    SOURCE,
    AlreadyReleased,
    Artifact,
    NotGreen,
    Release,
    ReleaseBegun,
    ReleaseCommit,
    Released,
    artifacts_of,
    commits_of,
    count_releases,
    latest_release,
    make_release,
    of_commit,
    release_of,
    release_with,
    releases_of,
    releases_under_way,
    releases_with,
)

__all__ = [
    "SOURCE",
    "AlreadyReleased",
    "Artifact",
    "Envelope",
    "NotGreen",
    "ProvenanceDiffers",
    "Release",
    "ReleaseBegun",
    "ReleaseCommit",
    "Released",
    "Releasing",
    "Signer",
    "Subject",
    "artifacts_of",
    "commits_of",
    "count_releases",
    "key_id",
    "latest_release",
    "make_release",
    "of_commit",
    "release_of",
    "release_with",
    "releases_of",
    "releases_under_way",
    "releases_with",
    "verify",
]
