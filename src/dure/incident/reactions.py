"""What this room does when something happens elsewhere: what hurt people, or would have, becomes an incident."""

from dure import deploy
from dure.incident.incident import CRASHED, FAILED, ROLLED_BACK, take_note
from dure.ledger import Work, on


def after_a_rollback(work: Work, event: deploy.RolledBack) -> None:
    if event.production:
        take_note(work, event, ROLLED_BACK, str(event.why), back_to=event.back_to or "")


def after_a_crash_loop(work: Work, event: deploy.CrashLooped) -> None:
    why = f"{event.service} was restarted {event.restarts} times."
    take_note(work, event, CRASHED, why, service=event.service)


def after_a_failure(work: Work, event: deploy.DeploymentFailed) -> None:
    if event.production:
        take_note(work, event, FAILED, str(event.why))


reactions = [
    on(deploy.RolledBack, after_a_rollback),
    on(deploy.CrashLooped, after_a_crash_loop),
    on(deploy.DeploymentFailed, after_a_failure),
]
