"""A release: one commit under a version, with what is new in it, its files by digest, and where it comes from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from dure import code, kit, policy
from dure.kit import Missing, Refused, now, say
from dure.ledger import BIG, Event, Machine, Moment, Table, Work, begin
from dure.people import Role
from dure.plan import Project, project_of

GATHERING, SIGNING, TAGGING = "gathering", "signing", "tagging"
RELEASED, PASSED_OVER = "released", "passed_over"
UNDER_WAY = (GATHERING, SIGNING, TAGGING)
SOURCE = "source.tar"
"""The file that every release has: the tree of its commit."""
VERSION = re.compile(r"v?([0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9})")

policy.action("release.read", Role.GUEST, say("see releases"), token="read")  # noqa: S106
policy.action("release.make", Role.DEVELOPER, say("make releases"))


class Release(Machine, Table):
    __tablename__ = "release_release"
    __table_args__ = (
        UniqueConstraint("project_id", "sha"),
        UniqueConstraint("project_id", "version"),
        Index("ix_release_release_newest", "project_id", "id"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    repository_id: Mapped[int]
    sha: Mapped[str]
    branch: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Moment)
    version: Mapped[str | None] = mapped_column(default=None)
    """Without the `v` that its tag has. None until it is known."""
    changelog: Mapped[str] = mapped_column(Text, default="")
    app_file: Mapped[str | None] = mapped_column(Text, default=None)
    """How it runs, as its commit says: compose.yaml, frozen here."""
    app_file_name: Mapped[str] = mapped_column(default="")
    provenance: Mapped[str] = mapped_column(Text, default="")
    signed_by: Mapped[str] = mapped_column(default="")
    """The public key that its provenance was signed for, in hexadecimal digits."""
    released_at: Mapped[datetime | None] = mapped_column(Moment, default=None)
    why: Mapped[str] = mapped_column(default="")
    """Why it came to nothing, if it did."""

    @property
    def ref(self) -> str:
        return f"release:{self.id}"

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    @property
    def is_released(self) -> bool:
        return self.phase == RELEASED


class ReleaseCommit(Table):
    """A commit that this release is the first to contain."""

    __tablename__ = "release_commit"
    __table_args__ = (Index("ix_release_commit_sha", "sha"),)

    release_id: Mapped[int] = mapped_column(BIG, ForeignKey("release_release.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    """The oldest first."""
    sha: Mapped[str]


class Artifact(Table):
    """One file of a release, kept under its digest."""

    __tablename__ = "release_artifact"

    release_id: Mapped[int] = mapped_column(BIG, ForeignKey("release_release.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    size: Mapped[int] = mapped_column(BIG)


@dataclass(frozen=True, kw_only=True)
class ReleaseBegun(Event, kind="release.begun"):
    """Every check of a commit is green, and it is made into a release."""

    project: int
    release: int
    sha: str

    def sentence(self) -> kit.Text:
        return say("began to release {sha}", sha=self.sha[:10])


@dataclass(frozen=True, kw_only=True)
class Released(Event, kind="release.released"):
    """A release can be deployed from now on."""

    project: int
    release: int
    version: str
    sha: str
    commits: tuple[str, ...]
    """The commits that it is the first to contain, the oldest first; the newest thousand of them."""
    app: bool
    """Whether it says how to run."""

    def sentence(self) -> kit.Text:
        return say("released {version}", version=self.version)


class NotGreen(Refused):
    """The commit is not fit to be released."""


class AlreadyReleased(Refused):
    """The commit has a release."""


def make_release(work: Work, project: Project, sha: str) -> Release:
    """Release a commit by hand: also one that nothing has checked, but none that a check found wrong."""
    policy.require(work, "release.make", project.scope)
    commit = code.commit_of(work, project, sha)
    repository = code.repository_of(work, project)
    if commit is None or repository is None:
        raise Missing(say("There is no commit {sha} here.", sha=sha[:40]))
    if of_commit(work, project, commit.sha) is not None:
        raise AlreadyReleased(say("{sha} has been released.", sha=commit.sha[:10]))
    wrong = [check.name for check in code.checks_of(work, project, commit.sha) if check.state != "success"]
    if wrong:
        raise NotGreen(say("{sha} is not green: {checks}.", sha=commit.sha[:10], checks=", ".join(sorted(wrong))))
    return begin_release(work, project, repository, commit.sha)


# open: only reactions of this room and `make_release`, which has asked, come here.
def begin_release(work: Work, project: Project, repository: code.Repository, sha: str) -> Release:
    release = begin(
        work,
        Release(
            project_id=project.id,
            repository_id=repository.id,
            sha=sha,
            branch=repository.default_branch,
            made_at=now(),
            phase=GATHERING,
        ),
    )
    begun = ReleaseBegun(project=project.id, release=release.id, sha=sha)
    work.record(begun, about=about(project, release), within=project.scope)
    return release


def about(project: Project, release: Release) -> list[str]:
    return [project.scope, release.ref, code.commit_ref(project.id, release.sha)]


def of_commit(work: Work, project: Project, sha: str) -> Release | None:
    """The release made from this very commit."""
    policy.require(work, "release.read", project.scope)
    return work.session.scalar(select(Release).where(Release.project_id == project.id, Release.sha == sha))


def releases_of(
    work: Work,
    project: Project,
    *,
    before: int | None = None,
    done: bool = False,
    skip: int = 0,
    limit: int = 30,
) -> Sequence[Release]:
    """The newest first; those under way are among them, unless only those are wanted that are done."""
    policy.require(work, "release.read", project.scope)
    query = select(Release).where(Release.project_id == project.id, Release.phase != PASSED_OVER)
    if done:
        query = query.where(Release.phase == RELEASED)
    if before is not None:
        query = query.where(Release.id < before)
    return work.session.scalars(query.order_by(Release.id.desc()).offset(skip).limit(limit)).all()


def release_of(work: Work, project: Project, version: str) -> Release:
    """The release with this version; `v1.2.3` is 1.2.3."""
    policy.require(work, "release.read", project.scope)
    named = VERSION.fullmatch(version)
    query = select(Release).where(Release.project_id == project.id, Release.version == (named[1] if named else ""))
    release = work.session.scalar(query)
    if release is None:
        raise Missing(say("There is no release {version} here.", version=version[:40]))
    return release


def release_with(work: Work, release_id: int) -> Release:
    """The release with this id, for rooms that have it from an event."""
    release = work.session.get(Release, release_id)
    if release is None:
        raise Missing
    policy.require(work, "release.read", project_of(work, release.project_id).scope)
    return release


def latest_release(work: Work, project: Project) -> Release | None:
    """The newest that is done."""
    policy.require(work, "release.read", project.scope)
    query = select(Release).where(Release.project_id == project.id, Release.phase == RELEASED)
    return work.session.scalar(query.order_by(Release.id.desc()).limit(1))


def releases_under_way(work: Work, project: Project) -> Sequence[Release]:
    policy.require(work, "release.read", project.scope)
    query = select(Release).where(Release.project_id == project.id, Release.phase.in_(UNDER_WAY))
    return work.session.scalars(query.order_by(Release.id)).all()


def artifacts_of(work: Work, release: Release) -> Sequence[Artifact]:
    """Its files by name. Whoever holds the release has been let in."""
    policy.require(work, "release.read", f"project:{release.project_id}")
    query = select(Artifact).where(Artifact.release_id == release.id).order_by(Artifact.name)
    return work.session.scalars(query).all()


def commits_of(work: Work, release: Release) -> Sequence[str]:
    """The commits that it is the first to contain, the oldest first."""
    policy.require(work, "release.read", f"project:{release.project_id}")
    query = select(ReleaseCommit.sha).where(ReleaseCommit.release_id == release.id).order_by(ReleaseCommit.place)
    return work.session.scalars(query).all()


def releases_with(work: Work, project: Project, sha: str) -> Sequence[Release]:
    """The releases that brought this commit, the first of them first."""
    policy.require(work, "release.read", project.scope)
    query = (
        select(Release)
        .join(ReleaseCommit, ReleaseCommit.release_id == Release.id)
        .where(Release.project_id == project.id, ReleaseCommit.sha == sha)
    )
    return work.session.scalars(query.order_by(Release.id)).all()


def count_releases(work: Work, project: Project) -> int:
    policy.require(work, "release.read", project.scope)
    query = select(func.count(Release.id)).where(Release.project_id == project.id, Release.phase == RELEASED)
    return work.session.scalar(query) or 0
