"""What is said about releases."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct


class ArtifactInfo(Struct, kw_only=True):
    """One file of a release, under its digest."""

    name: str
    digest: str
    size: int
    url: str


class ReleaseInfo(Struct, kw_only=True):
    """A release, done or under way."""

    version: str | None
    tag: str | None
    sha: str
    state: str
    """gathering, signing, tagging, or released."""
    made_at: datetime
    released_at: datetime | None
    url: str | None


class ReleaseList(Struct, kw_only=True):
    releases: list[ReleaseInfo]
    next: int | None
    """The id before which to go on, when there are more."""


class ReleaseDetail(ReleaseInfo, kw_only=True):
    changelog: str
    commits: list[str]
    """The commits that it is the first to contain, the oldest first."""
    artifacts: list[ArtifactInfo]
    app_file_name: str
    app_file: str | None
    provenance: str
    """A DSSE envelope around an in-toto statement, as JSON."""
    signed_by: str
    """The public key of the house (Ed25519), in hexadecimal digits."""


class NewRelease(Struct, kw_only=True, forbid_unknown_fields=True):
    """A commit to be released by hand."""

    sha: Annotated[str, Meta(min_length=7, max_length=64, description="The commit, or the beginning of its name.")]
