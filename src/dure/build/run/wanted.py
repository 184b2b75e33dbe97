"""What waits for runners, by lanes: the queued jobs of one project that ask for the same labels, the oldest first.

There are few lanes however many jobs wait. An index leads from the first job of one lane to the first of the next, so
nobody who asks for work looks at the whole queue, and nothing has to be written down about it beside the jobs.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy import BigInteger, Integer, String, bindparam, column, text

from dure.ledger import Moment, Work

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
LANES_MAX = 10_000
ENOUGH = 100
"""Projects with so many jobs under way count as equally well served."""


@dataclass(frozen=True)
class Lane:
    """Jobs that wait for the same, and how well their project is served at this moment."""

    labels: str
    """Sorted and joined by commas."""
    project_id: int
    first: int
    """The id of its oldest job."""
    under_way: int
    """How many jobs of its project runners have now, of any labels; no more than are worth counting."""
    served_at: datetime | None
    """When a job of its project was last given out."""

    @cached_property
    def wanted(self) -> frozenset[str]:
        return frozenset(self.labels.split(",")) if self.labels else frozenset()

    @property
    def turn(self) -> tuple[int, datetime, int]:
        """Whose turn it is: whoever has least under way, then who was not served the longest, then who waits longer."""
        return self.under_way, self.served_at or LONG_AGO, self.first

    def waiting(self, work: Work, most: int) -> int:
        """How many wait in it, as far as it is worth counting."""
        named = {"labels": self.labels, "project": self.project_id, "most": most}
        return int(work.session.execute(COUNT, named).scalar_one())

    def fits(self, has: frozenset[str]) -> bool:
        return self.wanted <= has


COUNT = text("""
    SELECT count(*) FROM (
        SELECT 1 FROM build_job
        WHERE state = 'queued' AND labels = :labels AND project_id = :project LIMIT :most
    ) AS a_few
""")

# The words of the conditions stand as in the indexes of the table, or the databases would not use those.
NEXT = """coalesce(
    (SELECT job.id FROM build_job AS job
     WHERE job.state = 'queued' AND job.labels = lane.labels AND job.project_id > lane.project_id
     ORDER BY job.project_id, job.id LIMIT 1),
    (SELECT job.id FROM build_job AS job
     WHERE job.state = 'queued' AND job.labels > lane.labels
     ORDER BY job.labels, job.project_id, job.id LIMIT 1)
)"""
LANES = text(f"""
    WITH RECURSIVE lane(id, labels, project_id) AS (
        SELECT * FROM (
            SELECT id, labels, project_id FROM build_job WHERE state = 'queued'
            ORDER BY labels, project_id, id LIMIT 1
        ) AS opening
        UNION ALL
        SELECT following.id, following.labels, following.project_id
        FROM lane JOIN build_job AS following ON following.id = {NEXT}
    )
    SELECT lane.labels, lane.project_id, lane.id AS first,
        (SELECT count(*) FROM (
            SELECT 1 FROM build_job AS busy
            WHERE busy.project_id = lane.project_id AND busy.state IN ('offered', 'running') LIMIT :enough
         ) AS a_few) AS under_way,
        (SELECT max(served.offered_at) FROM build_job AS served
         WHERE served.project_id = lane.project_id AND served.offered_at IS NOT NULL) AS served_at
    FROM lane LIMIT :most
""").columns(  # noqa: S608 - put together from our own words alone
    column("labels", String),
    column("project_id", Integer),
    column("first", BigInteger),
    column("under_way", Integer),
    column("served_at", Moment),
)


# open: that there is work for certain labels, and how much of it is done, is no secret; whose it is, the caller keeps.
def waiting_lanes(work: Work) -> list[Lane]:
    """All lanes in which somebody waits."""
    found = work.session.execute(LANES, {"most": LANES_MAX, "enough": ENOUGH})
    return [Lane(*row) for row in found]


TAKE = """
    UPDATE build_job SET state = 'offered', runner_id = :runner, offered_at = :at
    WHERE id = (
        SELECT id FROM build_job
        WHERE state = 'queued' AND labels = :labels AND project_id = :project
        ORDER BY id LIMIT 1{lock}
    ) AND EXISTS (
        SELECT 1 FROM build_runner
        WHERE id = :runner AND drained_at IS NULL AND spent_at IS NULL AND ended_at IS NULL
    ) RETURNING id
"""
AT = bindparam("at", type_=Moment)
TAKE_HERE = text(TAKE.format(lock="")).bindparams(AT)
TAKE_AMONG_OTHERS = text(TAKE.format(lock=" FOR UPDATE SKIP LOCKED")).bindparams(AT)


# open: the caller is a runner, for which the lane was looked up.
def take_from(work: Work, lane: Lane, runner_id: int, at: datetime) -> int | None:
    """The oldest job of the lane, for this runner: one UPDATE, so that two who ask at once get two jobs."""
    asked = work.session.connection()
    take = TAKE_AMONG_OTHERS if asked.dialect.name == "postgresql" else TAKE_HERE
    named = {"labels": lane.labels, "project": lane.project_id, "runner": runner_id, "at": at}
    found: int | None = asked.execute(take, named).scalar()
    return found
