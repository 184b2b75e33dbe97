"""Caches: what jobs keep to be faster next time. Never changed once they are written, and gone when unused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, UniqueConstraint, delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from dure import kit, policy
from dure.build.leaving.scope import Scopes, scopes_of_run
from dure.build.run import Run
from dure.kit import Forbidden, Missing, Refused, now, say
from dure.ledger import BIG, Event, Moment, Table, Work
from dure.people import Role
from dure.plan import Project

CACHES_MAX = 10_000
"""Of one project."""
NOTED_EVERY = timedelta(minutes=10)

policy.action("build.caches", Role.DEVELOPER, say("drop the caches of jobs"))


class Cache(Table):
    __tablename__ = "build_cache"
    __table_args__ = (
        UniqueConstraint("project_id", "ref", "version", "key"),
        Index("ix_build_cache_used", "project_id", "used_at"),
        Index("ix_build_cache_digest", "digest"),
    )

    id: Mapped[int] = mapped_column(BIG, primary_key=True, init=False)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    ref: Mapped[str]
    """Of the runs that wrote it; empty is nobody's."""
    key: Mapped[str]
    version: Mapped[str]
    """What the client makes of paths and packing: another one cannot be unpacked there."""
    digest: Mapped[str]
    size: Mapped[int] = mapped_column(BIG)
    run_id: Mapped[int] = mapped_column(BIG)
    made_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True)
class Kept:
    """A cache that was sent: it is kept now, or there was one of its key."""

    cache: Cache
    fresh: bool


@dataclass(frozen=True, kw_only=True)
class CacheDropped(Event, kind="build.cache_dropped"):
    project: int
    key: str
    ref: str

    def sentence(self) -> kit.Text:
        return say("dropped the cache {key} of {ref}", key=self.key, ref=self.ref)


class TooLarge(Refused):
    """It alone is more than all caches of a project may be."""


# open: only with a run in hand that its runner has a job of.
def find_cache(work: Work, run: Run, keys: Sequence[str], version: str) -> Cache | None:
    """The one that is meant, else the newest that begins so; of the run's own ref first, of the default branch last."""
    for ref in scopes_of_run(work, run).reads:
        mine = Cache.project_id == run.project_id, Cache.ref == ref, Cache.version == version
        exact = work.session.scalars(select(Cache).where(*mine, Cache.key == keys[0])).one_or_none()
        if exact is not None:
            return exact
        for key in keys:
            begins = func.substr(Cache.key, 1, len(key)) == key
            newest = select(Cache).where(*mine, begins).order_by(Cache.made_at.desc(), Cache.id.desc()).limit(1)
            if (found := work.session.scalars(newest).one_or_none()) is not None:
                return found
    return None


# open: only with a run in hand that its runner has a job of.
def own_cache(work: Work, run: Run, key: str, version: str) -> Cache | None:
    """Exactly the one that this run would write; a refusal where it may write none."""
    return at(work, run, may_write(scopes_of_run(work, run)), key, version)


# open: only with a run in hand that its runner has a job of.
def cache_for(work: Work, run: Run, cache_id: int) -> Cache:
    """One that this run may read."""
    found = work.session.get(Cache, cache_id)
    reads = scopes_of_run(work, run).reads
    if found is None or found.project_id != run.project_id or found.ref not in reads:
        raise Missing(say("There is no such cache."))
    return found


# open: only with a run in hand that its runner has a job of.
def note_cache_use(work: Work, cache_id: int) -> None:
    found = work.session.get(Cache, cache_id)
    if found is not None and now() - found.used_at > NOTED_EVERY:
        found.used_at = now()


# open: only with a run in hand that its runner has a job of.
def keep_cache(work: Work, run: Run, key: str, version: str, digest: str, size: int, bytes_max: int) -> Kept:
    """Write it in the scope of the run's own ref, and let go what was not used for longest where room is needed."""
    ref = may_write(scopes_of_run(work, run))
    there = at(work, run, ref, key, version)
    if there is not None:
        return Kept(there, fresh=False)
    make_room(work, run.project_id, size, bytes_max)
    moment = now()
    row = Cache(
        project_id=run.project_id,
        ref=ref,
        key=key,
        version=version,
        digest=digest,
        size=size,
        run_id=run.id,
        made_at=moment,
        used_at=moment,
    )
    try:
        with work.session.begin_nested():
            return Kept(work.add(row), fresh=True)
    except IntegrityError:
        first = at(work, run, ref, key, version)
        assert first is not None
        return Kept(first, fresh=False)


def may_write(scopes: Scopes) -> str:
    # The clients know this beginning, and take it for a rule instead of a fault.
    if not scopes.writes:
        raise Forbidden(say("cache write denied: runs that anybody can begin write no caches of this branch"))
    return scopes.writes


def at(work: Work, run: Run, ref: str, key: str, version: str) -> Cache | None:
    mine = Cache.project_id == run.project_id, Cache.ref == ref, Cache.version == version, Cache.key == key
    return work.session.scalars(select(Cache).where(*mine)).one_or_none()


def make_room(work: Work, project_id: int, size: int, bytes_max: int) -> None:
    if size > bytes_max:
        raise TooLarge(say("A project's caches may have {count:,} bytes; this one alone has more.", count=bytes_max))
    mine = Cache.project_id == project_id
    count, there = work.session.execute(select(func.count(), func.sum(Cache.size)).where(mine)).one()
    over, many = int(there or 0) + size - bytes_max, count + 1 - CACHES_MAX
    oldest = select(Cache.id, Cache.size).where(mine).order_by(Cache.used_at, Cache.id)
    gone: list[int] = []
    for cache_id, bytes_there in work.session.execute(oldest) if over > 0 or many > 0 else ():
        if over <= 0 and many <= 0:
            break
        gone.append(cache_id)
        over, many = over - bytes_there, many - 1
    if gone:
        work.session.execute(delete(Cache).where(Cache.id.in_(gone)))


def caches_of(work: Work, project: Project, limit: int = CACHES_MAX) -> Sequence[Cache]:
    """The caches of a project, the last used first."""
    policy.require(work, "build.read", project.scope)
    mine = select(Cache).where(Cache.project_id == project.id)
    return work.session.scalars(mine.order_by(Cache.used_at.desc(), Cache.id.desc()).limit(limit)).all()


def caches_weigh(work: Work, project: Project) -> tuple[int, int]:
    """How many there are, and how many bytes they are."""
    policy.require(work, "build.read", project.scope)
    counted = select(func.count(), func.sum(Cache.size)).where(Cache.project_id == project.id)
    count, size = work.session.execute(counted).one()
    return count, int(size or 0)


def drop_cache(work: Work, project: Project, cache_id: int) -> None:
    policy.require(work, "build.caches", project.scope)
    found = work.session.get(Cache, cache_id)
    if found is None or found.project_id != project.id:
        raise Missing(say("There is no such cache."))
    event = CacheDropped(project=project.id, key=found.key, ref=found.ref)
    work.session.delete(found)
    work.record(event, about=[project.scope], within=project.scope)


# open: the house's own doing, by the clock.
def drop_unused(work: Work, days_max: int) -> None:
    work.session.execute(delete(Cache).where(Cache.used_at < now() - timedelta(days=days_max)))
