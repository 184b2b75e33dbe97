"""What stands after `uses:`: where an action is."""

import re
from dataclasses import dataclass

from dure.kit import say
from dure.runner.job.desk import StepFailed

KEPT = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)(?:/(?P<path>[^@]*))?(?:@(?P<ref>.+))?", re.ASCII)
IMAGE = "docker://"


@dataclass(frozen=True)
class Local:
    """In the workspace, where the job has put it."""

    path: str


@dataclass(frozen=True)
class Kept:
    """In a repository, at a version."""

    repository: str
    path: str = ""
    ref: str = ""

    @property
    def name(self) -> str:
        return f"{self.repository}/{self.path}".rstrip("/")

    @property
    def uses(self) -> str:
        """The repository, as it is asked for."""
        return f"{self.repository}@{self.ref}"


@dataclass(frozen=True)
class Image:
    """An image of a container."""

    name: str


def reference(uses: str, project: str, sha: str) -> Local | Kept | Image:
    """`$/path` is the repository of the workflow itself, or of the action that says so."""
    if uses.startswith(IMAGE):
        return Image(uses.removeprefix(IMAGE))
    if uses.startswith("./") or uses == ".":
        return Local(inner(uses, uses.removeprefix(".").strip("/")))
    if uses.startswith("$/"):
        return Kept(project, inner(uses, uses.removeprefix("$").strip("/")), sha)
    found = KEPT.fullmatch(uses)
    if found is None:
        raise StepFailed(
            say("{uses} says no action: write ./path, owner/repository@version or docker://image.", uses=uses)
        )
    return Kept(f"{found['owner']}/{found['name']}", inner(uses, (found["path"] or "").strip("/")), found["ref"] or "")


def inner(uses: str, path: str) -> str:
    if ".." in path.split("/"):
        raise StepFailed(say("{uses} leads out of its repository.", uses=uses))
    return path
