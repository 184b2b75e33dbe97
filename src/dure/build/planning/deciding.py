"""The machine that plans: it reads the workflows of a commit and begins those that are meant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from dure import code, plan
from dure.build.planning.beginning import begin_runs
from dure.build.planning.calling import Shelf, callable_repository, with_calls
from dure.build.planning.happened import Happened, payload_of, with_messages
from dure.build.planning.judging import Judgement, judge
from dure.build.planning.listening import is_noted, names_in, note_listening
from dure.build.planning.planning import PLANNED, READING, Judged, Planning, raise_event
from dure.build.planning.reading import Reading, read_workflows
from dure.build.planning.schedule import note_schedules
from dure.build.planning.starting import Cause
from dure.build.run import NothingToRun, Run
from dure.code import CommitInfo, Repositories
from dure.kit import keep
from dure.ledger import Actor, Move, Phases, Turn, Work

TOLD = frozenset({"push"})
"""That these began nothing is told in the ledger; nobody waits for a run because of a comment."""


def plannings(repositories: Repositories, server_url: str, artifact_days: int) -> Phases[Planning]:
    """The machine. `server_url` is the address by which jobs and people reach the house; `artifact_days` is how long it
    keeps what they leave."""

    def read(turn: Turn[Planning]) -> Move[Planning]:
        row = turn.row
        readings = read_workflows(repositories, row.repository_id, row.sha)
        commits = commits_of(repositories, row)
        asked = commits.get(row.happened.message_sha or row.happened.after)
        judged = judge(repositories, row, readings, asked.message if asked is not None else "")
        decided = Decided(readings, with_all_calls(turn, repositories, judged), commits, server_url, artifact_days)
        return Move(PLANNED, write=decided.write)

    return Phases(Planning, {READING: read})


def commits_of(repositories: Repositories, row: Planning) -> dict[str, CommitInfo]:
    """The commit it is about, those that were pushed with it, and the one whose message counts."""
    pushed = row.happened.payload.get("commits", []) if row.name == "push" else []
    found = {each.sha: each for each in repositories.log(row.repository_id, row.sha, limit=len(pushed) or 1)}
    other = row.happened.message_sha
    commit = repositories.commit(row.repository_id, other) if other and other not in found else None
    return found if commit is None else {**found, other: commit}


def with_all_calls(
    turn: Turn[Planning], repositories: Repositories, judged: Sequence[Judgement]
) -> Sequence[Judgement]:
    """Those that begin, with the workflows that they call."""
    row = turn.row
    path = turn.read(lambda work: plan.project_of(work, row.project_id).path)

    def find(other: str) -> int | None:
        return turn.read(lambda work: callable_repository(work, plan.project_of(work, row.project_id), other))

    shelf = Shelf(repositories, find)
    return [
        replace(each, reading=with_calls(shelf, each.reading, path, row.sha, row.ref)) if each.verdict.yes else each
        for each in judged
    ]


@dataclass(frozen=True)
class Decided:
    """What was found out outside of any transaction, and is now written down."""

    readings: Sequence[Reading]
    """As the files are, whatever came of what they call."""
    judged: Sequence[Judgement]
    commits: Mapping[str, CommitInfo]
    server_url: str
    artifact_days: int

    def write(self, work: Work, row: Planning) -> None:
        if row.why:
            # Ended while the files were read.
            return
        project = plan.project_of(work, row.project_id)
        repository = code.repository_of(work, project)
        branch = repository.default_branch if repository is not None else ""
        if row.sha == code.head_of(work, project, branch) and not is_noted(work, project, row.sha):
            note_listening(work, project, row.sha, self.readings)
            note_schedules(work, project, self.readings, Actor(row.actor, row.actor_name))
        chosen = [each.reading for each in self.judged if each.verdict.yes]
        cause = self.cause(row, project, branch)
        row.verdicts = self.verdicts(begin_runs(work, project, cause, chosen) if chosen else [])
        if not chosen and row.name in TOLD:
            nothing = NothingToRun(project=project.id, sha=row.sha, ref=row.ref)
            about = [project.scope, code.commit_ref(project.id, row.sha)]
            work.record(nothing, about=about, within=project.scope)
        if row.happened.payload.get("created") and any("create" in names_in(reading) for reading in self.readings):
            raise_event(work, project, creation(row, branch), by=Actor(row.actor, row.actor_name), at=row.received_at)

    def cause(self, row: Planning, project: plan.Project, default_branch: str) -> Cause:
        happened = row.happened
        by, commit = Actor(row.actor, row.actor_name), self.commits.get(row.sha)
        if row.name == "push" and commit is not None:
            told = with_messages(happened.payload, commit, self.commits, project.path)
            happened = msgspec.structs.replace(happened, payload=told)
        return Cause(
            event=row.name,
            sha=row.sha,
            ref=row.ref,
            actor=row.actor,
            actor_name=row.actor_name,
            title=happened.title or (commit.title if commit is not None else ""),
            server_url=self.server_url,
            artifact_days=self.artifact_days,
            payload=payload_of(happened, project, default_branch, by, self.server_url),
            base_ref=happened.base if happened.head else "",
            head_ref=happened.head,
        )

    def verdicts(self, runs: Sequence[Run]) -> str:
        """What is kept of them, with the runs that came of it, which are in the order of those that begin."""
        numbers = iter(run.number for run in runs)
        told = [
            Judged(
                path=each.reading.path,
                name=each.reading.name,
                begins=each.verdict.yes,
                words=keep(each.verdict.why),
                run=next(numbers) if each.verdict.yes else None,
            )
            for each in self.judged
        ]
        return msgspec.json.encode(told).decode().replace("\\u0000", "")


def creation(row: Planning, default_branch: str) -> Happened:
    """A branch or a tag was made: the same commit, and an event of its own."""
    kind = "tag" if row.ref.startswith("refs/tags/") else "branch"
    name = row.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    told = {"ref": name, "ref_type": kind, "master_branch": default_branch, "pusher_type": "user"}
    return Happened(name="create", key=f"{row.key}/create", ref=row.ref, sha=row.sha, payload=told)
