"""Tokens of jobs: each reads one project for as long as its job runs, and dies with it.

They are not the tokens that people make: nobody lists them, they are not counted, and no event tells of them.
"""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.kit import Unauthenticated, digest, new_secret, now, say
from dure.ledger import Moment, Table, Work
from dure.people.caller import Caller
from dure.people.role import Role

JOB_PREFIX = "dure_job"
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


def make_job_token(work: Work, scope: str, job: str, name: str) -> str:
    """A token for this job to read this project. One that it had before is dead."""
    end_job_token(work, job)
    secret = new_secret(JOB_PREFIX)
    expires_at = now() + timedelta(days=DAYS_MAX)
    work.add(JobToken(digest=digest(secret), job=job, name=name, within=scope, expires_at=expires_at))
    return secret


def end_job_token(work: Work, job: str) -> None:
    """The job is over, and its token with it."""
    work.session.execute(delete(JobToken).where(JobToken.job == job))


def find_job(work: Work, shown: str) -> Caller:
    """The job that shows this token: it may read one project, and nothing else."""
    token = work.session.scalars(select(JobToken).where(JobToken.digest == shown)).one_or_none()
    if token is None or token.expires_at <= now():
        raise Unauthenticated(say("This job is over, and its token with it."))
    return Caller(
        token.job, token.name, token_scopes=frozenset({"read"}), token_project=token.within, token_role=Role.GUEST
    )


def forget_job_tokens(work: Work) -> None:
    work.session.execute(delete(JobToken).where(JobToken.expires_at <= now()))
