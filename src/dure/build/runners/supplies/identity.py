"""Who a job is, asked for by its runner."""

from dure.build.identity import Claims, claims_of
from dure.build.run import above, planned_in
from dure.build.runners.granting import granted
from dure.build.runners.mine import Holding, held_job, in_the_house, run_in_hand
from dure.kit import Forbidden, say
from dure.ledger import Work
from dure.plan import project_of


# open: a runner speaks of its own job.
def identity_of(work: Work, held: Holding, audience: str, url: str) -> Claims:
    """What a token for this job says. Only a job that may have one gets so far."""
    run = run_in_hand(work, held)
    job = held_job(work, held.runner_id, held.job_id, held.attempt)
    if granted(work, run, job).get("id-token") != "write" or job.is_over:
        raise Forbidden(say("This job may not ask for identity tokens: it needs the permission id-token: write."))
    planned = planned_in(run, above(work, job))
    return claims_of(project_of(in_the_house(work), run.project_id), run, job, planned, audience, url)
