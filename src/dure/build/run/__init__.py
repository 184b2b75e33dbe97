"""Runs, their jobs and the steps of those: what is to be done, how far it is, and why.

In: workflows that began, what runners report, people who stop or repeat. Out: jobs ready for a runner, events,
checks of commits. Asks: code, policy.
"""

from dure.build.run.advance import (
    BELL,
    advance,
    begin_running,
    end_run,
    join_group,
    let_next_job_go,
    plan_door,
    show_check,
)
from dure.build.run.cancel import AlreadyOver, cancel_run
from dure.build.run.ending import end_job, stop_job
from dure.build.run.job import (
    JOB_STATES,
    OVER,
    WITH_RUNNER,
    Attempt,
    Job,
    JobEnded,
    JobStarted,
    job_ref,
    jobs_of,
)
from dure.build.run.lists import Listing, runs_of, runs_page
from dure.build.run.repeat import CannotRepeat, lose_job, rerun, take_back
from dure.build.run.run import (
    RUN_STATES,
    NothingToRun,
    Run,
    RunCancelled,
    RunEnded,
    RunMistake,
    RunRepeated,
    RunStarted,
    locked_run,
    run_of,
    run_ref,
    run_with,
)
from dure.build.run.step import (
    ANNOTATIONS_MAX,
    Annotation,
    Step,
    Summary,
    annotations_of,
    steps_of,
    summaries_of,
)
from dure.build.run.wanted import Lane, take_from, waiting_lanes

__all__ = [
    "ANNOTATIONS_MAX",
    "BELL",
    "JOB_STATES",
    "OVER",
    "RUN_STATES",
    "WITH_RUNNER",
    "AlreadyOver",
    "Annotation",
    "Attempt",
    "CannotRepeat",
    "Job",
    "JobEnded",
    "JobStarted",
    "Lane",
    "Listing",
    "NothingToRun",
    "Run",
    "RunCancelled",
    "RunEnded",
    "RunMistake",
    "RunRepeated",
    "RunStarted",
    "Step",
    "Summary",
    "advance",
    "annotations_of",
    "begin_running",
    "cancel_run",
    "end_job",
    "end_run",
    "job_ref",
    "jobs_of",
    "join_group",
    "let_next_job_go",
    "locked_run",
    "lose_job",
    "plan_door",
    "rerun",
    "run_of",
    "run_ref",
    "run_with",
    "runs_of",
    "runs_page",
    "show_check",
    "steps_of",
    "stop_job",
    "summaries_of",
    "take_back",
    "take_from",
    "waiting_lanes",
]
