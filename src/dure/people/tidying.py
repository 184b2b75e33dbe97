"""What is swept out by the clock: sign-ins nobody uses, links nobody followed, guesses long forgiven."""

from dure.ledger import Every, Work, every
from dure.people.grant import forget_grants
from dure.people.keys import (
    forget_dead_tokens,
    forget_devices,
    forget_guesses,
    forget_job_tokens,
    forget_links,
    forget_sessions,
    forget_tokens_in,
)
from dure.settings import Settings


def timers(settings: Settings) -> list[Every]:
    def tidy(work: Work) -> None:
        forget_guesses(work)
        forget_links(work)
        forget_devices(work)
        forget_dead_tokens(work)
        forget_job_tokens(work)
        forget_sessions(work, settings.session_days)

    return [every("people.tidy", "17 * * * *", tidy)]


def forget_scope(work: Work, scope: str) -> None:
    """A project is gone: its roles and its tokens go too."""
    forget_grants(work, scope)
    forget_tokens_in(work, scope)
