"""Work that was done on laptops: brought by people whom a project trusts with that, given to who asks by its key."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from dure import policy
from dure.build.leaving import ARTIFACTS_MAX, Left
from dure.build.reuse.result import KEY_CHARACTERS, Brought, Result, find, is_whole, put
from dure.kit import Invalid, Missing, now, say
from dure.ledger import Work
from dure.people import Role
from dure.plan import Project

OUTPUT_CHARACTERS_MAX = 1 << 20
HEX = frozenset("0123456789abcdef")

policy.action("build.share_results", Role.MAINTAINER, say("share results of jobs that were done elsewhere"))


def result_with(work: Work, project: Project, key: str) -> Result:
    """What the house knows of this key, for a laptop that has come to the same one."""
    policy.require(work, "build.read", project.scope)
    found = find(work, project.id, key, "")
    if found is None or not is_whole(work, found):
        raise Missing(say("Nobody has done this yet."))
    return found


def result_artifact(work: Work, project: Project, key: str, name: str) -> Left:
    found = next((left for left in result_with(work, project, key).artifacts if left.name == name), None)
    if found is None:
        raise Missing(say("Nobody has done this yet."))
    return found


def may_bring(work: Work, project: Project, key: str) -> None:
    policy.require(work, "build.share_results", project.scope)
    if len(key) != KEY_CHARACTERS or not set(key) <= HEX:
        raise Invalid({"key": say("A key has {count} letters from 0 to f.", count=KEY_CHARACTERS)})


def bring_artifact(work: Work, project: Project, key: str, left: Left) -> None:
    """It is there for the result that is brought next under this key."""
    may_bring(work, project, key)
    kept = artifacts_brought(work, project, key)
    old = next((each for each in kept if each.name == left.name), None)
    if old is not None:
        old.digest, old.size, old.kind, old.kept_at = left.digest, left.size, left.kind, now()
        return
    if len(kept) >= ARTIFACTS_MAX:
        raise Invalid({"name": say("A run keeps {count} artifacts at most.", count=ARTIFACTS_MAX)})
    work.add(
        Brought(
            project_id=project.id,
            key=key,
            name=left.name,
            digest=left.digest,
            size=left.size,
            kind=left.kind,
            kept_at=now(),
        )
    )


# open: only for a project that the caller has asked policy about.
def artifacts_brought(work: Work, project: Project, key: str) -> Sequence[Brought]:
    return work.session.scalars(select(Brought).where(Brought.project_id == project.id, Brought.key == key)).all()


def put_result(
    work: Work,
    project: Project,
    key: str,
    outputs: Mapping[str, str],
    artifacts: Mapping[str, str] | None = None,
    days: int | None = None,
) -> Result:
    """Work that was done elsewhere, with the artifacts that were brought before. What a run of this house has done
    stays: nobody needs another's."""
    may_bring(work, project, key)
    if sum(len(name) + len(value) for name, value in outputs.items()) > OUTPUT_CHARACTERS_MAX:
        raise Invalid({"outputs": say("This is too long.")})
    known = find(work, project.id, key, "")
    brought = {each.name: each for each in artifacts_brought(work, project, key)}
    ours = [each.id for each in brought.values()]
    if known is not None and known.run_id is not None and is_whole(work, known, without=ours):
        for each in brought.values():
            work.session.delete(each)
        return known
    wanted = dict(artifacts or {})
    missing = [name for name, digest in wanted.items() if name not in brought or brought[name].digest != digest]
    if missing:
        raise Invalid({"artifacts": say("Bring this artifact first: {name}.", name=missing[0])})
    for name in brought.keys() - wanted.keys():
        work.session.delete(brought[name])
    left = [Left(name, digest, brought[name].size, brought[name].kind, days) for name, digest in wanted.items()]
    cleaned = {name.replace("\0", ""): value.replace("\0", "") for name, value in outputs.items()}
    found = put(work, project.id, key, "", cleaned, left)
    found.number, found.run_id, found.job_id, found.by = 0, None, None, work.actor.name
    return found
