"""What workflows call: other files of the same commit, and those of other projects of this house.

Git is asked here, so never inside a Work.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dure import code, people, plan
from dure.build.planning.reading import BYTES_MAX, TOO_LARGE, Reading, told
from dure.code import Repositories
from dure.kit import Missing, Refused, say
from dure.ledger import HOUSE, Work
from dure.plan import Project
from dure.workflow import Brought, CallWords, Source, WorkflowBroken, parse_workflow, plan_calls


@dataclass(frozen=True)
class Shelf:
    """Where files are fetched from: the repositories, and how one finds that of another project."""

    repositories: Repositories
    find: Callable[[str], int | None]
    """The repository of the project at this path; None where there is none that may be used."""

    def bring(self, asker: Source, words: CallWords) -> Brought:
        project = words.project or asker.project
        repository_id = self.find(project)
        if repository_id is None:
            return say("There is no project {path} here whose workflows this one may call.", path=project[:200])
        sha = asker.sha if not words.project else self.repositories.resolve(repository_id, words.ref)
        if sha is None:
            return say("{project} has no branch, tag or commit {ref}.", project=project, ref=words.ref[:200])
        return self.read(repository_id, Source(project, words.path, sha, words.ref or asker.ref))

    def read(self, repository_id: int, source: Source) -> Brought:
        try:
            data = self.repositories.read_file(repository_id, source.sha, source.path)
        except Refused as refused:
            return refused.text
        if data is None:
            return say(
                "{project} has no file {path} at {ref}.", project=source.project, path=source.path, ref=source.ref
            )
        if len(data) > BYTES_MAX:
            return TOO_LARGE
        try:
            return source, parse_workflow(data.decode(errors="replace"), source.path)
        except WorkflowBroken as broken:
            first = broken.mistakes[0]
            return say("{path}, line {line}: {why}", path=source.path, line=first.line, why=first.text)


# open: the house's own doing; what may be called is what lies open to the project that calls.
def callable_repository(work: Work, project: Project, path: str) -> int | None:
    """The repository of a project whose workflows this one may call: its own, an open one, and one of the same
    owner that those may read who say what this one calls."""
    # It is the project that calls, whoever pushed.
    work = replace(work, actor=HOUSE)
    try:
        other = project if path == project.path else plan.find_project(work, path)
    except Missing:
        return None
    if other.id != project.id and not may_call(work, project, other):
        return None
    repository = code.repository_of(work, other)
    return None if repository is None else repository.id


def may_call(work: Work, project: Project, other: Project) -> bool:
    if other.owner == project.owner:
        return people.lies_open_to(work, other.scope, project.scope)
    return people.everyone_in(work, other.scope) is not None


def with_calls(shelf: Shelf, reading: Reading, project: str, sha: str, ref: str) -> Reading:
    """The same with all that it calls. One that calls what cannot be had is as broken as one that cannot be read."""
    if reading.workflow is None:
        return reading
    found, mistakes = plan_calls(reading.workflow, Source(project, reading.path, sha, ref), shelf.bring)
    if mistakes:
        return replace(reading, workflow=None, mistakes=told(mistakes, ""))
    return replace(reading, plan=found)
