"""Tokens of jobs: each is good for one project for as long as its job runs, and dies with it.

What it may do is what the job's `permissions` say, by GitHub's names: `contents: read`, `issues: write`.

They are not the tokens that people make: nobody lists them, they are not counted, and no event tells of them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Unauthenticated, digest, new_secret, now, say
from dure.ledger import Moment, Table, Work
from dure.people.caller import Caller
from dure.people.role import Role

JOB_PREFIX = "dure_job"
CONTENTS = "contents"
DAYS_MAX = 31
"""However long a job runs, its token is dead by then."""


class JobToken(Table):
    __tablename__ = "token_of_job"

    digest: Mapped[str] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(index=True)
    """The ref of the job it was made for."""
    name: Mapped[str]
    within: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(Moment)
    permissions: Mapped[str] = mapped_column(default="contents:read")
    """`name:level`, joined by spaces."""


def make_job_token(
    work: Work, scope: str, job: str, name: str, permissions: Mapping[str, str] = MappingProxyType({CONTENTS: "read"})
) -> str:
    """A token for this job in this project. One that it had before is dead."""
    end_job_token(work, job)
    secret = new_secret(JOB_PREFIX)
    expires_at = now() + timedelta(days=DAYS_MAX)
    said = " ".join(f"{what}:{level}" for what, level in sorted(permissions.items()) if level != "none")
    work.add(JobToken(digest=digest(secret), job=job, name=name, within=scope, expires_at=expires_at, permissions=said))
    return secret


def end_job_token(work: Work, job: str) -> None:
    """The job is over, and its token with it."""
    work.session.execute(delete(JobToken).where(JobToken.job == job))


def find_job(work: Work, shown: str) -> Caller:
    """The job that shows this token. What it is in its project follows from what it may do with the code there."""
    token = work.session.scalars(select(JobToken).where(JobToken.digest == shown)).one_or_none()
    if token is None or token.expires_at <= now():
        raise Unauthenticated(say("This job is over, and its token with it."))
    said = frozenset(token.permissions.split())
    writes = f"{CONTENTS}:write" in said
    reads = writes or f"{CONTENTS}:read" in said
    return Caller(
        token.job,
        token.name,
        token_scopes=frozenset({"read", "write"} if writes else {"read"}),
        token_project=token.within,
        token_role=Role.DEVELOPER if writes else Role.GUEST if reads else None,
        permissions=said,
    )


def forget_job_tokens(work: Work) -> None:
    work.session.execute(delete(JobToken).where(JobToken.expires_at <= now()))
