"""Build: what a project's workflows do when something happens, from the push to the last line of the log.

In: pushes, people who begin, stop or repeat, and what runners report.
Out: runs with their jobs, logs, artifacts and test reports; checks of commits; events about all of it.
Asks: code, for workflow files and commits; the vault, for secrets; policy, before anything.
"""

from dure.build.actions import ActionDropped, ActionKept, Mirror, Pin, actions_kept, drop_action, keep_action
from dure.build.leaving import (
    Artifact,
    Logs,
    Report,
    ReportReceived,
    artifacts_of,
    reports_of,
)
from dure.build.planning import (
    Happened,
    Planning,
    begin_by_hand,
    dispatch,
    offers_at,
    place_of,
    plannings,
    raise_event,
    schedules,
    verdicts_of,
)
from dure.build.run import (
    Job,
    JobEnded,
    JobStarted,
    NothingToRun,
    Run,
    RunCancelled,
    RunEnded,
    RunRepeated,
    RunStarted,
    cancel_run,
    job_ref,
    jobs_of,
    rerun,
    run_of,
    run_ref,
    run_with,
    runs_of,
)
from dure.build.runners import Runner, Watch, local_runner, make_runner, runners_of, watches
from dure.build.secret import project_secrets, put_project_secret, remove_project_secret
from dure.build.upkeep import timers

__all__ = [
    "ActionDropped",
    "ActionKept",
    "Artifact",
    "Happened",
    "Job",
    "JobEnded",
    "JobStarted",
    "Logs",
    "Mirror",
    "NothingToRun",
    "Pin",
    "Planning",
    "Report",
    "ReportReceived",
    "Run",
    "RunCancelled",
    "RunEnded",
    "RunRepeated",
    "RunStarted",
    "Runner",
    "Watch",
    "actions_kept",
    "artifacts_of",
    "begin_by_hand",
    "cancel_run",
    "dispatch",
    "drop_action",
    "job_ref",
    "jobs_of",
    "keep_action",
    "local_runner",
    "make_runner",
    "offers_at",
    "place_of",
    "plannings",
    "project_secrets",
    "put_project_secret",
    "raise_event",
    "remove_project_secret",
    "reports_of",
    "rerun",
    "run_of",
    "run_ref",
    "run_with",
    "runners_of",
    "runs_of",
    "schedules",
    "timers",
    "verdicts_of",
    "watches",
]
