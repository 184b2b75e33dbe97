"""How a release is made: gathered from its commit, signed, and tagged. Each step may be done again."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select

from dure import build, code
from dure.kit import now
from dure.ledger import Move, Phases, Turn, Work
from dure.plan import Project, project_of
from dure.release.changelog import News, read_news
from dure.release.provenance import Origin, Signer, Subject, statement_of
from dure.release.release import (
    GATHERING,
    PASSED_OVER,
    RELEASED,
    SIGNING,
    SOURCE,
    TAGGING,
    VERSION,
    Artifact,
    Release,
    ReleaseCommit,
    Released,
    about,
    latest_release,
)
from dure.storage import Blobs
from dure.vault import Keyring

APP_FILES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml", "Procfile")
COMMITS_MAX = 10_000
TOLD_MAX = 1000
APP_FILE_BYTES_MAX = 256 * 1024


@dataclass(frozen=True)
class Gathered:
    """What the house knows before it looks into git."""

    project: Project
    former: Release | None
    taken: Sequence[str]
    runs: Sequence[build.Run]


@dataclass(frozen=True)
class Releasing:
    """The machine of releases, with what it works on."""

    repositories: code.Repositories
    blobs: Blobs
    keys: Keyring
    url: str
    """The address of the house, by which provenance names it."""

    def phases(self) -> Phases[Release]:
        return Phases(Release, {GATHERING: self.gather, SIGNING: self.sign, TAGGING: self.tag})

    def gather(self, turn: Turn[Release]) -> Move[Release]:
        """Version, changelog, commits and files. A commit that a newer release already contains is passed over."""
        release = turn.row
        known = turn.read(lambda work: known_of(work, release))
        git = self.repositories.path(release.repository_id)
        former = known.former
        if former is not None and self.repositories.is_ancestor(release.repository_id, release.sha, former.sha):
            return Move(PASSED_OVER, write=lambda _, row: pass_over(row, former))
        taken = [*known.taken, *self.tags_elsewhere(release)]
        news = read_news(git, release.sha, former.tag if former else None, taken)
        since = former.sha if former else None
        commits = self.repositories.commits_between(release.repository_id, since, release.sha, COMMITS_MAX)
        shas = [commit.sha for commit in commits][::-1]
        app_file = self.app_file(release)
        digest = self.blobs.put(self.repositories.archive(release.repository_id, release.sha))
        source = Artifact(release_id=release.id, name=SOURCE, digest=digest, size=self.blobs.size(digest))

        def write(work: Work, row: Release) -> None:
            put_down(work, row, news, shas, app_file)
            for run in known.runs:
                for made in build.artifacts_of(work, run):
                    work.session.merge(Artifact(release_id=row.id, name=made.name, digest=made.digest, size=made.size))
            # Last, so that nothing a job left under this name takes the place of what the commit holds.
            work.session.merge(source)

        return Move(SIGNING, write=write)

    def tags_elsewhere(self, release: Release) -> list[str]:
        """Versions that somebody has put on other commits by hand."""
        tags = {name: ref.sha for name, ref in self.repositories.refs(release.repository_id).items()}
        named = [(VERSION.fullmatch(name.removeprefix("refs/tags/")), sha) for name, sha in tags.items()]
        return [found[1] for found, sha in named if found is not None and sha != release.sha]

    def app_file(self, release: Release) -> tuple[str, str] | None:
        for name in APP_FILES:
            entry = self.repositories.find(release.repository_id, release.sha, name)
            if entry is not None and entry.size is not None and entry.size <= APP_FILE_BYTES_MAX:
                words = self.repositories.read_file(release.repository_id, release.sha, name)
                return name, (words or b"").decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
        return None

    def sign(self, turn: Turn[Release]) -> Move[Release]:
        release = turn.row
        known = turn.read(lambda work: known_of(work, release))
        files = turn.read(lambda work: subjects_of(work, release))
        home = f"{self.url}/{known.project.path}"
        origin = Origin(
            source=f"{home}.git",
            ref=f"refs/heads/{release.branch}",
            sha=release.sha,
            version=release.version or "",
            house=self.url,
            runs=[f"{home}/runs/{run.number}" for run in known.runs],
            begun_at=release.made_at,
            ended_at=now(),
        )
        signed, key = Signer(turn.hands, self.keys).sign(statement_of(origin, files), release.ref)

        def write(_: Work, row: Release) -> None:
            row.provenance, row.signed_by = signed, key

        return Move(TAGGING, write=write)

    def tag(self, turn: Turn[Release]) -> Move[Release]:
        release = turn.row
        self.repositories.tag(release.repository_id, release.tag, release.sha, f"Release {release.version}")
        return Move(RELEASED, write=finish)


def known_of(work: Work, release: Release) -> Gathered:
    project = project_of(work, release.project_id)
    taken = select(Release.version).where(
        Release.project_id == project.id, Release.version.is_not(None), Release.id != release.id
    )
    return Gathered(
        project,
        latest_release(work, project),
        [version for version in work.session.scalars(taken) if version],
        build.runs_of(work, project, sha=release.sha),
    )


def subjects_of(work: Work, release: Release) -> list[Subject]:
    files = select(Artifact).where(Artifact.release_id == release.id).order_by(Artifact.name)
    return [Subject(file.name, file.digest) for file in work.session.scalars(files)]


def put_down(work: Work, row: Release, news: News, shas: Sequence[str], app_file: tuple[str, str] | None) -> None:
    row.version, row.changelog = news.version, news.changelog
    if app_file is not None:
        row.app_file_name, row.app_file = app_file
    rows = [{"release_id": row.id, "place": place, "sha": sha} for place, sha in enumerate(shas)]
    if rows:
        work.session.execute(insert(ReleaseCommit), rows)


def pass_over(row: Release, former: Release) -> None:
    row.why = f"contained in {former.version}"


def finish(work: Work, row: Release) -> None:
    project = project_of(work, row.project_id)
    row.released_at = now()
    shas = work.session.scalars(
        select(ReleaseCommit.sha).where(ReleaseCommit.release_id == row.id).order_by(ReleaseCommit.place)
    ).all()
    released = Released(
        project=project.id,
        release=row.id,
        version=row.version or "",
        sha=row.sha,
        commits=tuple(shas[-TOLD_MAX:]),
        app=row.app_file is not None,
    )
    refs = [*about(project, row), *(code.commit_ref(project.id, sha) for sha in shas[-50:])]
    work.record(released, about=refs, within=project.scope)
