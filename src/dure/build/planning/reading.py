"""Which workflow files a commit has, and what each of them says. Git is asked here, so never inside a Work."""

from collections.abc import Sequence
from dataclasses import dataclass

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
    return Reading(path, workflow, told(workflow.warnings, source))


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
