"""Which workflow files a commit has, and what each of them says. Git is asked here, so never inside a Work."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dure.build.planning.happened import RAISED
from dure.build.run import RunMistake
from dure.code import Repositories, TreeEntry
from dure.kit import keep, say
from dure.workflow import Mistake, Plan, Workflow, WorkflowBroken, parse_workflow

FOLDERS = (".github/workflows", ".dure/workflows")
FILES_MAX = 100
BYTES_MAX = 512 << 10
MISTAKES_MAX = 50
LINE_CHARACTERS_MAX = 300
TOO_LARGE = say("The file is larger than {count} kB. Split it.", count=BYTES_MAX // 1024)


@dataclass(frozen=True)
class Reading:
    """One workflow file: what it says, or why nobody can tell."""

    path: str
    workflow: Workflow | None
    mistakes: tuple[RunMistake, ...] = ()
    """What is wrong with it; of a workflow that was read, what there is to know."""
    plan: Plan | None = None
    """The workflow with all that it calls, once that was read as well."""

    @property
    def name(self) -> str:
        return self.workflow.name if self.workflow is not None else self.path.rpartition("/")[2]


def read_workflows(repositories: Repositories, repository_id: int, sha: str) -> list[Reading]:
    """Every workflow file of a commit, by its path."""
    return [read(repositories, repository_id, sha, entry) for entry in workflow_files(repositories, repository_id, sha)]


def workflow_files(repositories: Repositories, repository_id: int, sha: str) -> list[TreeEntry]:
    found: list[TreeEntry] = []
    for folder in FOLDERS:
        entries = repositories.list_tree(repository_id, sha, folder) or []
        found += [
            entry
            for entry in entries
            if entry.kind in ("file", "executable") and entry.name.endswith((".yml", ".yaml"))
        ]
    return sorted(found, key=lambda entry: entry.path)[:FILES_MAX]


def read(repositories: Repositories, repository_id: int, sha: str, entry: TreeEntry) -> Reading:
    path = entry.path
    if (entry.size or 0) > BYTES_MAX:
        return Reading(path, None, told([Mistake(1, 1, TOO_LARGE)], ""))
    source = (repositories.read_file(repository_id, sha, path) or b"").decode(errors="replace")
    try:
        workflow = parse_workflow(source, path)
    except WorkflowBroken as broken:
        return Reading(path, None, told(broken.mistakes, source))
    return Reading(path, workflow, told([*unheard(workflow, source), *workflow.warnings], source))


def unheard(workflow: Workflow, source: str) -> list[Mistake]:
    """The events that it names and that never happen here, each where it is first named."""
    found: list[Mistake] = []
    for event in sorted(set(workflow.triggers.events) - RAISED):
        named = re.search(rf"\b{re.escape(event)}\b", source)
        before = source[: named.start()] if named is not None else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        words = say("{event} does not happen here, so nothing begins by it.", event=event)
        found.append(Mistake(line, column, words, "events"))
    return found


def told(mistakes: Sequence[Mistake], source: str) -> tuple[RunMistake, ...]:
    """The mistakes with the lines they stand in."""
    lines = source.replace("\0", "\N{REPLACEMENT CHARACTER}").split("\n")
    return tuple(
        RunMistake(
            line=mistake.line,
            column=mistake.column,
            words=keep(mistake.told),
            source=lines[mistake.line - 1][:LINE_CHARACTERS_MAX].rstrip("\r") if mistake.line <= len(lines) else "",
        )
        for mistake in mistakes[:MISTAKES_MAX]
    )
