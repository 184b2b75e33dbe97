"""Hearing: what other rooms record, said in GitHub's words, so that workflows begin by it.

In: events of plan, code and build itself. Out: what is planned. Rooms after build say themselves what happened, by
`build.raise_event`.
"""

from dure.build.hearing import boards, groups, issues, pushes, requests, runs, talk
from dure.build.hearing.pushes import take_push
from dure.ledger import Reaction

__all__ = ["reactions", "take_push"]

reactions: list[Reaction] = [
    *pushes.reactions,
    *requests.reactions,
    *groups.reactions,
    *talk.reactions,
    *issues.reactions,
    *boards.reactions,
    *runs.reactions,
]
