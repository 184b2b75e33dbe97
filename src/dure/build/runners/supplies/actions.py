"""The actions that a job uses, asked for by its runner."""

from dataclasses import dataclass

from dure.build.actions import (
    ActionRules,
    Pin,
    Place,
    Tree,
    UsesWords,
    look_for,
    note_use,
    pin_action,
    pin_of,
    pinned_actions,
    put_mirror,
)
from dure.build.runners.mine import Holding, in_the_house, run_in_hand
from dure.kit import Missing, say
from dure.ledger import Work
from dure.plan import project_of
from dure.wire import ActionSource


@dataclass(frozen=True)
class Looked:
    """Pinned already, or a place to take it from."""

    pin: Pin | None
    place: Place


# open: a runner speaks of its own job.
def action_for(work: Work, held: Holding, words: UsesWords, rules: ActionRules) -> Looked:
    """What these words stand for in the run of this job, as far as that is decided."""
    run = run_in_hand(work, held)
    work = in_the_house(work)
    pin = pin_of(work, run, words)
    place = Place(words) if pin else look_for(work, project_of(work, run.project_id), words, rules)
    return Looked(pin, place)


# open: a runner speaks of its own job.
def keep_for_job(work: Work, held: Holding, words: UsesWords, tree: Tree, source: ActionSource) -> Pin:
    """It was found: the run keeps to it, and the house remembers it for other runs."""
    run = run_in_hand(work, held)
    work = in_the_house(work)
    if source == "upstream":
        put_mirror(work, words, tree, source)
    elif source == "house":
        put_mirror(work, UsesWords(words.name, tree.sha), tree, source)
    else:
        note_use(work, words, source)
    return pin_action(work, run, words, tree, source)


# open: a runner speaks of its own job.
def pinned_for(work: Work, held: Holding, digest: str) -> Pin:
    """The pin under which its run has this tree: nothing else is given out."""
    run = run_in_hand(work, held)
    for pin in pinned_actions(work, run):
        if pin.digest == digest:
            return pin
    raise Missing(say("This run uses no action with this digest."))
