"""What the checks of one file have at hand: its text, what is known of its repository, and the sheet for findings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from dure.kit import Text
from dure.workflow.lint.actions import Metadata
from dure.workflow.lint.finding import Rule, Sheet
from dure.workflow.lint.source import Node, Source
from dure.workflow.lint.values import Kind, known_contexts


@dataclass(frozen=True)
class Config:
    """What `.github/actionlint.yaml` says: labels of own runners, names of variables (None: not said), and findings
    that nobody wants to hear, by patterns of paths."""

    labels: tuple[str, ...] = ()
    variables: frozenset[str] | None = None
    ignored: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def knows_label(self, label: str) -> bool:
        return any(fnmatchcase(label, pattern.lower()) for pattern in self.labels)


@dataclass(frozen=True)
class Repository:
    """The files round the one that is looked at, by their paths from the root.

    `files` gives texts; `exists` tells whether something is there, file or folder. Without a root nothing is known,
    and nothing is said about what a file names in its repository.
    """

    files: Mapping[str, str]
    exists: Callable[[str], bool]
    config: Config = Config()
    rooted: bool = True
    named: frozenset[str] = frozenset()
    """Files that are looked at themselves: what is wrong with them is said there."""
    actions: dict[str, Metadata] = field(default_factory=dict)
    workflows: dict[str, "Interface | Text"] = field(default_factory=dict)
    """What was read so far of the repository's actions and workflows, so that it is read once."""


@dataclass(frozen=True)
class Interface:
    """What a workflow takes and gives when it is called: by names in lower case, the names as they are written."""

    inputs: Mapping[str, tuple[str, Kind, bool]] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, bool]] = field(default_factory=dict)
    outputs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Script:
    """The script of one step, for those who check scripts. `line` and `column` are where `run:` stands; `first_line`
    is where the script's own first line stands, where every line of it stands as it is."""

    path: str
    line: int
    column: int
    shell: str
    text: str
    first_line: int | None


@dataclass
class Desk:
    sheet: Sheet
    source: Source
    repository: Repository
    contexts: Mapping[str, Kind] = field(default_factory=lambda: known_contexts({}))
    scripts: list[Script] = field(default_factory=list)
    step_place: str = "step"
    told: set[str] = field(default_factory=set)
    """The actions of which this file has said what is wrong with them."""

    def note(self, rule: Rule, node: Node, text: Text) -> None:
        self.sheet.note(rule, node, text)

    def knowing(self, **kinds: Kind) -> "Desk":
        """The same desk in a place where more is known of some contexts."""
        return replace(self, contexts={**self.contexts, **kinds})

    def quietly(self) -> "Desk":
        """A desk that nobody reads, for working out what is told elsewhere."""
        return replace(self, sheet=Sheet(self.sheet.path), scripts=[], told=set())
