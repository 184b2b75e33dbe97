"""Workflow files of a folder: which there are, what they say, and where they are broken."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dure.kit import Text, say, told
from dure.local.asking.asked import Asked, NotUnderstood
from dure.local.ground import Ground
from dure.workflow import Mistake, Workflow, WorkflowBroken, parse_workflow

FOLDERS = (".github/workflows", ".dure/workflows")
ENDINGS = (".yml", ".yaml")
BYTES_MAX = 512 << 10


class Broken(NotUnderstood):
    """Files that cannot be used, each mistake with its place."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__(say("{words}", words="\n".join(lines)))
        self.lines = list(lines)


@dataclass(frozen=True)
class Found:
    """One file that was read."""

    path: str
    """From the root of the folder."""
    workflow: Workflow


def workflows_here(asked: Asked, ground: Ground) -> list[Found]:
    """Every workflow that the person means. Broken files are all told at once."""
    files = files_here(asked, ground)
    if not files:
        raise NotUnderstood(nothing_here(asked, ground))
    found, lines = [], []
    for file in files:
        try:
            found.append(read_file(file, name_of(file, ground)))
        except Broken as broken:
            lines += broken.lines
    if lines:
        raise Broken(lines)
    return found


def nothing_here(asked: Asked, ground: Ground) -> Text:
    if asked.workflow is not None:
        return say("{folder} holds no workflow file (.yml or .yaml).", folder=asked.workflow)
    folders = " and ".join(FOLDERS)
    return say(
        "There are no workflows in {folders} of {root}. Write one, or name a file with -w.",
        folders=folders,
        root=ground.root,
    )


def files_here(asked: Asked, ground: Ground) -> list[Path]:
    if asked.workflow is None:
        return [file for folder in FOLDERS for file in files_in(ground.root / folder)]
    named = asked.directory / asked.workflow
    if named.is_dir():
        return files_in(named)
    if not named.exists():
        raise NotUnderstood(say("There is no {file}.", file=asked.workflow))
    return [named]


def files_in(folder: Path) -> list[Path]:
    try:
        return sorted(file for file in folder.iterdir() if file.suffix in ENDINGS and file.is_file())
    except (FileNotFoundError, NotADirectoryError):
        return []


def name_of(file: Path, ground: Ground) -> str:
    whole = file.resolve()
    return whole.relative_to(ground.root).as_posix() if whole.is_relative_to(ground.root) else str(file)


def read_file(file: Path, name: str) -> Found:
    try:
        size = file.stat().st_size
        source = file.read_bytes().decode(errors="replace") if size <= BYTES_MAX else None
    except OSError as error:
        raise Broken([f"{name}: {error.strerror}"]) from error
    if source is None:
        raise Broken([f"{name}: {told(say('The file is larger than {count} kB. Split it.', count=BYTES_MAX // 1024))}"])
    try:
        return Found(name, parse_workflow(source, name))
    except WorkflowBroken as broken:
        raise Broken([place_and_words(name, mistake) for mistake in broken.mistakes]) from broken


def place_and_words(name: str, mistake: Mistake) -> str:
    return f"{name}:{mistake.line}:{mistake.column}: {told(mistake.text)}"
