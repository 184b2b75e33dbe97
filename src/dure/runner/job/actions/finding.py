"""Where an action is, and what it says of itself."""

from dataclasses import dataclass

from dure.kit import say
from dure.runner.job.actions.manifest import NAMES, Manifest, read_manifest
from dure.runner.job.actions.reference import Kept, Local
from dure.runner.job.desk import Desk, Standing, StepFailed, read_beneath
from dure.runner.place import Want

MANIFEST_BYTES_MAX = 512 << 10


@dataclass(frozen=True)
class Found:
    """An action that can be used."""

    manifest: Manifest
    standing: Standing
    label: str
    """How people call it."""


def find(desk: Desk, where: Local | Kept) -> Found:
    if isinstance(where, Local):
        label = f"./{where.path}"
        manifest = manifest_in(desk, f"room/work/{where.path}", label)
        if manifest is None:
            raise StepFailed(
                say(
                    "There is no action.yml in {path}. Is there a step before this one that checks the repository out?",
                    path=label,
                )
            )
        return Found(manifest, Standing(f"{desk.scope.workspace}/{where.path}".rstrip("/")), label)
    if not where.ref:
        raise StepFailed(say("{uses} says no version: write {uses}@ and a tag, a branch or a commit.", uses=where.name))
    digest = fetch(desk, where)
    label = f"{where.name}@{where.ref}"
    inside = f"{digest}/{where.path}".rstrip("/")
    manifest = manifest_in(desk, inside, label, kept=True)
    if manifest is None:
        raise StepFailed(say("{uses} is no action: it has no action.yml.", uses=label))
    return Found(manifest, Standing(f"{desk.cell.actions}/{inside}", where.repository, where.ref), label)


def manifest_in(desk: Desk, path: str, label: str, *, kept: bool = False) -> Manifest | None:
    root = desk.cell.view.actions if kept else desk.place.path
    if root is None:
        return None
    for name in NAMES:
        data = read_beneath(root, f"{path}/{name}", MANIFEST_BYTES_MAX + 1)
        if data is not None:
            return read_manifest(data.decode("utf-8", "replace"), f"{label}/{name}")
    if read_beneath(root, f"{path}/Dockerfile", 1) is not None:
        return Manifest(kind="docker", image="Dockerfile")
    return None


def fetch(desk: Desk, kept: Kept) -> str:
    """The house finds it, and the runner keeps it. Once for each job."""
    known = desk.fetched.get(kept.uses)
    if known is None:
        try:
            known = desk.answered(Want(what="fetch_action", name=kept.uses)).digest.rpartition(":")[2]
        except StepFailed as refusal:
            known = refusal
        desk.fetched[kept.uses] = known
    if isinstance(known, StepFailed):
        raise known
    return known
