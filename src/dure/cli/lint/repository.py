"""The files of a repository as lint wants them: texts by their paths from the root, read when they are asked for."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from dure.kit import Refused, say
from dure.workflow import LintConfig, WorkflowBroken, read_lint_config

WORKFLOWS = (".github/workflows", ".dure/workflows")
MARKS = (*WORKFLOWS, ".github/actions", ".dure/actions")
GIT = ".git"
SETTINGS = (".github", ".dure")
CONFIGS = (".github/actionlint.yaml", ".github/actionlint.yml", ".dure/lint.yaml", "actionlint.yaml")
ACTIONS = (".github/actions", ".dure/actions")
ENDINGS = (".yml", ".yaml")
BYTES_MAX = 4 * 1024 * 1024
"""A file that is larger is no workflow; it is not even read."""


class Unreadable(Refused):
    """A file that lint should look at cannot be read."""


class Files(Mapping[str, str]):
    """The texts of a folder, each read once. A path that leads out of the folder names nothing."""

    def __init__(self, root: Path, texts: Mapping[str, str]) -> None:
        self.root = root
        self.texts: dict[str, str | None] = dict(texts)

    def __getitem__(self, path: str) -> str:
        if path not in self.texts:
            self.texts[path] = self.read(path)
        found = self.texts[path]
        if found is None:
            raise KeyError(path)
        return found

    def __contains__(self, path: object) -> bool:
        return isinstance(path, str) and self.get(path) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def read(self, path: str) -> str | None:
        if not self.inside(path):
            return None
        try:
            return read_text(self.root / path)
        except Unreadable:
            return None

    def inside(self, path: str) -> bool:
        return ".." not in PurePosixPath(path).parts and not path.startswith("/")

    def exists(self, path: str) -> bool:
        return self.inside(path) and (self.root / path).exists()


def read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
        if len(data) > BYTES_MAX:
            raise Unreadable(say("{file} is larger than {count} kB.", file=str(path), count=BYTES_MAX // 1024))
        return data.decode("utf-8")
    except OSError as error:
        raise Unreadable(say("{file} cannot be read: {why}.", file=str(path), why=error.strerror or "")) from error
    except UnicodeDecodeError as error:
        raise Unreadable(say("{file} is no text in UTF-8.", file=str(path))) from error


def root_of(path: Path) -> Path | None:
    """The root of the repository that a file belongs to; None if it belongs to none.

    Where nothing marks a repository, the folder above one called `workflows` is taken for it.
    """
    folders = list(path.absolute().parents)
    for folder in folders:
        if (folder / GIT).exists():
            return folder
    for folder in folders:
        if any((folder / mark).is_dir() for mark in MARKS):
            return folder
        if folder.name == "workflows" and folder.parent.name not in SETTINGS:
            return folder.parent
    return None


def all_files(root: Path) -> list[Path]:
    """Every workflow of a repository, and every action that it keeps where actions are kept."""
    found: list[Path] = []
    for folder in WORKFLOWS:
        found.extend(path for path in sorted((root / folder).glob("*")) if path.suffix in ENDINGS and path.is_file())
    for folder in ACTIONS:
        found.extend(path for path in sorted((root / folder).rglob("action.y*ml")) if path.suffix in ENDINGS)
    found.extend(path for ending in ENDINGS if (path := root / f"action{ending}").is_file())
    return found


def in_folder(folder: Path) -> list[Path]:
    """The workflows and actions of a folder that is a repository, else the YAML files that lie in it."""
    return all_files(folder) or [path for path in sorted(folder.glob("*")) if path.suffix in ENDINGS and path.is_file()]


def config_of(root: Path | None) -> LintConfig:
    for name in CONFIGS if root is not None else ():
        path = (root or Path()) / name
        if path.is_file():
            try:
                return read_lint_config(read_text(path), str(path))
            except WorkflowBroken as broken:
                raise Unreadable(broken.text) from broken
    return LintConfig()
