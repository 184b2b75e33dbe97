"""Commits and files as they are told over the API."""

from collections.abc import Mapping, Sequence

from dure.code.browse import File, Folder
from dure.code.check import Check
from dure.code.commit import Commit
from dure.code.push import HEADS, TAGS
from dure.code.repositories import CommitInfo, Diff
from dure.code.routes.asked import Home
from dure.wire import (
    CheckInfo,
    CommitDetail,
    CommitSummary,
    FileAnswer,
    FileChange,
    RefInfo,
    RepositoryInfo,
    TreeItem,
)


def repository_told(home: Home, clone: str) -> RepositoryInfo:
    return RepositoryInfo(
        project=home.project.path,
        clone_url=clone,
        default_branch=home.repository.default_branch,
        empty=not home.refs,
        branches=refs_told(home, HEADS),
        tags=refs_told(home, TAGS),
    )


def refs_told(home: Home, kind: str) -> list[RefInfo]:
    return [
        RefInfo(name=name.removeprefix(kind), sha=sha, url=f"/{home.project.path}/code/tree/{name.removeprefix(kind)}")
        for name, sha in home.refs.items()
        if name.startswith(kind)
    ]


def check_told(check: Check) -> CheckInfo:
    return CheckInfo(
        name=check.name,
        state=check.state,  # type: ignore[arg-type]
        url=check.url,
        words=check.words,
        set_at=check.set_at,
    )


def commit_told(home: Home, commit: CommitInfo, received: Mapping[str, Commit]) -> CommitSummary:
    known = received.get(commit.sha)
    return CommitSummary(
        sha=commit.sha,
        title=commit.title,
        author=commit.author_name,
        author_email=commit.author_email,
        authored_at=commit.authored_at,
        received_at=known.received_at if known else None,
        url=f"/{home.project.path}/code/commit/{commit.sha}",
    )


def detail_told(
    home: Home,
    commit: CommitInfo,
    diff: Diff | None,
    received: Mapping[str, Commit],
    fixes: Sequence[int],
    checks: Sequence[Check],
) -> CommitDetail:
    summary = commit_told(home, commit, received)
    known = {field: getattr(summary, field) for field in summary.__struct_fields__}
    return CommitDetail(
        **known,
        message=commit.message,
        parents=list(commit.parents),
        committer=commit.committer_name,
        committed_at=commit.committed_at,
        fixes=list(fixes),
        checks=[check_told(check) for check in checks],
        files=[
            FileChange(
                path=file.path,
                old_path=file.old_path,
                state=file.state,  # type: ignore[arg-type]
                added=file.added,
                removed=file.removed,
                binary=file.binary,
            )
            for file in (diff.files if diff else ())
        ],
        more_files=diff.more if diff else 0,
    )


def place_told(home: Home, found: Folder | File) -> FileAnswer:
    where = found.where
    if isinstance(found, Folder):
        entries = [
            TreeItem(name=entry.name, path=entry.path, kind=entry.kind, size=entry.size)  # type: ignore[arg-type]
            for entry in found.entries
        ]
        return FileAnswer(path=where.path, sha=where.sha, kind="tree", entries=entries)
    return FileAnswer(
        path=where.path,
        sha=where.sha,
        kind=found.entry.kind,  # type: ignore[arg-type]
        entries=[],
        size=found.entry.size,
        text=found.text.words if found.text else None,
        raw_url=f"/{home.project.path}/code/raw/{where.sha}/{where.path}",
    )
