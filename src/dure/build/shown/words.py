"""States and lengths of time, in words and in the few colours of the house."""

from collections.abc import Mapping, Sequence

from dure.build.run import Job
from dure.build.runners import Runner
from dure.kit import Text, say, say_count

STATES: dict[str, tuple[Text, str]] = {
    "waiting": (say("waits"), "quiet"),
    "held": (say("held back"), "waiting"),
    "queued": (say("in the queue"), "waiting"),
    "offered": (say("in the queue"), "waiting"),
    "running": (say("running"), "busy"),
    "calling": (say("running"), "busy"),
    "success": (say("success"), "good"),
    "failure": (say("failure"), "bad"),
    "cancelled": (say("cancelled"), "quiet"),
    "skipped": (say("skipped"), "quiet"),
}
EVENTS: dict[str, Text] = {
    "push": say("push"),
    "workflow_dispatch": say("by hand"),
    "schedule": say("by the clock"),
    "pull_request": say("merge request"),
    "pull_request_target": say("merge request, on the default branch"),
    "merge_group": say("merge queue"),
    "workflow_run": say("after another workflow"),
    "repository_dispatch": say("word from outside"),
    "create": say("new branch or tag"),
    "delete": say("removed branch or tag"),
    "issues": say("issue"),
    "issue_comment": say("comment"),
    "label": say("label"),
    "milestone": say("milestone"),
    "release": say("release"),
    "deployment": say("deployment"),
    "deployment_status": say("state of a deployment"),
}
UNKNOWN = (say("unknown"), "quiet")
MINUTE, HOUR = 60, 3600


def state_words(state: str) -> tuple[Text, str]:
    """The word for a state, and the colour it has everywhere."""
    return STATES.get(state, UNKNOWN)


def event_words(event: str) -> Text | str:
    """What began a run, as people call it; what we have no word for, as workflows name it."""
    return EVENTS.get(event, event)


def how_long(seconds: float | None) -> Text | None:
    """A length of time as one says it: 4.2 s, 3 min 20 s, 1 h 5 min."""
    if seconds is None:
        return None
    if seconds < 10:
        return say("{seconds} s", seconds=f"{max(seconds, 0):.1f}")
    if seconds < MINUTE:
        return say("{seconds} s", seconds=round(seconds))
    minutes, rest = divmod(round(seconds), MINUTE)
    if seconds < HOUR:
        return say("{minutes} min {seconds} s", minutes=minutes, seconds=rest)
    return say("{hours} h {minutes} min", hours=minutes // 60, minutes=minutes % 60)


def waiting_words(job: Job, jobs: list[Job], runners: list[Runner]) -> Text | None:
    """Why a job does not run yet, or what its reason was."""
    if job.reason is not None:
        return job.reason
    if job.state == "waiting":
        beside = [other for other in jobs if other.parent_id == job.parent_id and not other.is_over]
        names = [other.name for other in beside if other.job in job.needed]
        return say("It waits for {names}.", names=", ".join(names[:5])) if names else None
    if job.state in ("queued", "offered"):
        return runner_words(job, runners)
    return None


def runner_words(job: Job, runners: Sequence[Runner], free: Mapping[int, int] | None = None) -> Text:
    """Why nobody has taken it yet."""
    return wanting_words(job.wanted_labels, [one for one in runners if one.project_id in (None, job.project_id)], free)


def wanting_words(labels: Sequence[str], runners: Sequence[Runner], free: Mapping[int, int] | None = None) -> Text:
    """Why nobody takes what asks for these labels, of runners that may. `free`: how many more each of them takes."""
    words = ", ".join(labels)
    fitting = [runner for runner in runners if runner.has.issuperset(labels)]
    if not fitting:
        missing = [label for label in labels if not any(label in runner.has for runner in runners)]
        if not missing:
            return say("No runner here has all of the labels {labels}.", labels=words)
        return say_count(
            "No runner here has the label {labels}.",
            "No runner here has the labels {labels}.",
            len(missing),
            labels=", ".join(missing),
        )
    if all(runner.takes_none for runner in fitting):
        return say("The runners with the labels {labels} are drained.", labels=words)
    ready = [runner for runner in fitting if not (runner.is_away or runner.takes_none)]
    if not ready:
        return say("The runners with the labels {labels} are away.", labels=words)
    if free is not None and not any(free.get(runner.id) for runner in ready):
        return say("All runners with the labels {labels} are busy.", labels=words)
    return say("It waits for a runner that is free.")
