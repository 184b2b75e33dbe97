"""The machine of a merge queue: it looks at those who stand there, makes what is to be tested, and lets them in.

Each is tested on what the branch comes to with all those ahead of it, so that several are tested at once. But only of
the first is it said that it fails: what fails further back may fail because of one ahead that is itself on its way out.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import select

from dure import plan
from dure.code.check import Check, checks_by_sha
from dure.code.commit import commit_ref
from dure.code.queue import WATCHING, MergeQueue, Queued
from dure.code.repositories import UNRELATED, GitFailed, Repositories
from dure.code.request.happened import MergeGroupMade
from dure.code.request.merging import EMAIL, blockers, merge_words, no_history
from dure.code.request.protection import Rules, rules_for, state_in_queue
from dure.code.request.queueing import Standing, end_group, group_ref, leave, standings_in
from dure.code.request.request import LEASE_SECONDS, MERGED, MERGING, OPEN, UNDER_WAY, MergeRequest
from dure.kit import Text, TooSlow, now, say
from dure.ledger import Actor, Move, Phases, Turn, Work, wake

GROUPS_MAX = 5
"""So many are tested at once; those behind them wait."""
SOON_SECONDS, LOOK_SECONDS = 0.3, 30.0
"""How soon it looks again while a request is still being tried, and how often where nobody has woken it."""
TRIES_MAX, AGAIN_SECONDS = 3, 2.0
"""How often git may fail at the first before it has to go, and the pause in between."""

log = logging.getLogger(__name__)


Key = tuple[int, int, datetime]
"""Of one who stands there: whoever was put back meanwhile, or got the number of one who left, is not the same."""


def key_of(queued: Queued) -> Key:
    return queued.id, queued.request_id, queued.queued_at


@dataclass(frozen=True)
class Seen:
    """One who stands in the queue, and what is known of it."""

    standing: Standing
    hindrances: Sequence[Text]
    """What stands in its way, as long as it has no place."""
    states: Mapping[str, str]
    """How far the checks are of the commit that is tested."""

    @property
    def queued(self) -> Queued:
        return self.standing.queued

    @property
    def request(self) -> MergeRequest:
        return self.standing.request

    @property
    def key(self) -> Key:
        return key_of(self.queued)


@dataclass(frozen=True)
class Ready:
    """Nothing stands in its way any more: it gets the last place."""


@dataclass(frozen=True)
class Made:
    """What it comes to on top of those ahead of it."""

    base: str
    sha: str
    tree: str
    message: str


@dataclass(frozen=True)
class First:
    """It is its turn, and from now on everybody waits for its checks."""


@dataclass(frozen=True)
class Green:
    """The branch may move to the commit that was tested."""


@dataclass(frozen=True)
class Failed:
    """It is its turn, and git could not work it out. It is tried again."""


@dataclass(frozen=True)
class Left:
    """It is merged, or it has to go. `why` None: merged."""

    why: Text | None


Step = Ready | Made | First | Green | Failed | Left


@dataclass(frozen=True)
class Queues:
    """What queues are carried on with."""

    repositories: Repositories

    def phases(self) -> Phases[MergeQueue]:
        return Phases(MergeQueue, {WATCHING: self.watch}, lease_seconds=LEASE_SECONDS)

    def watch(self, turn: Turn[MergeQueue]) -> Move[MergeQueue]:
        row = turn.row
        rules, seen = turn.read(partial(look, row))
        tip = self.repositories.head(row.repository_id, row.branch)
        self.tidy(row, seen)
        steps = dict(self.steps(row, rules, seen, tip))
        return Move(WATCHING, after_seconds=pause(seen, steps), write=partial(write_steps, steps=steps))

    def tidy(self, row: MergeQueue, seen: Sequence[Seen]) -> None:
        """Only what is being tested has a ref."""
        wanted = {each.standing.ref: each.queued.group_sha for each in seen if each.queued.group_sha}
        there = self.repositories.refs_below(row.repository_id, row.refs)
        for ref in there.keys() - wanted.keys():
            # Below it there may be the queue of a branch whose name goes on.
            if "/" not in ref.removeprefix(row.refs):
                self.repositories.drop_ref(row.repository_id, ref)
        for ref, sha in wanted.items():
            if there.get(ref) != sha:
                self.point(row, ref, sha)

    def point(self, row: MergeQueue, ref: str, sha: str) -> None:
        if not self.repositories.move_ref(row.repository_id, ref, sha):
            raise GitFailed(say("{name} could not be moved.", name=ref))

    def steps(self, row: MergeQueue, rules: Rules, seen: Sequence[Seen], tip: str | None) -> Iterator[tuple[Key, Step]]:
        """What is next for each of them, from the first to the last."""
        first, groups = True, 0
        for one in seen:
            queued = one.queued
            step = self.step(row, rules, one, tip, first=first, full=groups >= GROUPS_MAX)
            if step is not None:
                yield one.key, step
            if isinstance(step, Left) or queued.ready_at is None:
                continue
            first, groups = False, groups + 1
            if isinstance(step, Made):
                tip = step.sha
            elif one.request.phase == MERGING or queued.base_sha == tip:
                tip = queued.group_sha

    def step(
        self, row: MergeQueue, rules: Rules, one: Seen, tip: str | None, *, first: bool, full: bool
    ) -> Step | None:
        queued, request = one.queued, one.request
        if request.phase == MERGED:
            return Left(None)
        if request.phase == MERGING:
            return None
        gone = why_gone(rules, one, tip)
        if gone is not None or tip is None:
            return Left(gone)
        if queued.ready_at is None:
            return None if one.hindrances else Ready()
        if full:
            return None
        if first and max(queued.tries, request.tries) >= TRIES_MAX:
            return Left(say("Git cannot merge it into {target}.", target=row.branch))
        if queued.base_sha != tip:
            try:
                return self.make(row, one, tip, first=first)
            except (GitFailed, TooSlow):
                log.exception("code_queue %s: !%s could not be merged into %s", row.id, request.number, tip)
                return Failed() if first else None
        return verdict(rules, one) if first else None

    def make(self, row: MergeQueue, one: Seen, tip: str, *, first: bool) -> Step | None:
        """What it comes to here. A conflict further back may go with the one ahead that it conflicts with."""
        queued, request, git = one.queued, one.request, self.repositories
        found = git.merge(row.repository_id, tip, queued.head_sha)
        if found.conflicts:
            names = ", ".join(found.conflicts[:5])
            why = say("It conflicts with {target} in {names}.", target=row.branch, names=names)
            return Left(no_history(row.branch) if UNRELATED in found.conflicts else why) if first else None
        parents = [tip, queued.head_sha] if queued.manner == "merge" else [tip]
        message, actor = merge_words(request, queued.manner), Actor(queued.by, queued.by_name)
        made = git.write_commit(
            row.repository_id, found.tree, parents, message, actor=actor, email=EMAIL, at=queued.queued_at
        )
        self.point(row, group_ref(row.branch, request, tip), made)
        return Made(tip, made, found.tree, message)


# open: the machine looks.
def look(row: MergeQueue, work: Work) -> tuple[Rules, list[Seen]]:
    """Who stands there, and all that has to be known of them."""
    project = plan.project_of(work, row.project_id)
    standings = standings_in(work, row)
    checks = checks_by_sha(work, project, [each.queued.group_sha for each in standings if each.queued.group_sha])
    return rules_for(work, project, row.branch), [
        Seen(
            each,
            [] if each.place or not each.request.is_open else blockers(work, project, each.request),
            states_since(each.queued, checks.get(each.queued.group_sha, [])),
        )
        for each in standings
    ]


def states_since(queued: Queued, checks: Sequence[Check]) -> dict[str, str]:
    """Who is taken out and put back at once comes to the same commit, and its checks of before were cancelled."""
    return {check.name: check.state for check in checks if check.set_at >= queued.queued_at}


def why_gone(rules: Rules, one: Seen, tip: str | None) -> Text | None:
    """Why it has nothing to wait for any more, whatever its checks say."""
    queued, request = one.queued, one.request
    if request.phase not in UNDER_WAY:
        return say("It was closed.")
    if request.head_sha != queued.head_sha:
        return say("Something was pushed to it. Look at that, and put it there again.")
    if not rules.by_queue or tip is None:
        return say("{target} has no queue any more.", target=request.target)
    if queued.ready_at is None and request.conflicting:
        return one.hindrances[0]
    return None


def verdict(rules: Rules, one: Seen) -> Step | None:
    """What its checks say, now that it is its turn."""
    waiting = None
    for name in rules.checks:
        state = state_in_queue(name, one.states)
        if state in ("failure", "cancelled"):
            return Left(say("The check {name} is not green: {state}.", name=name, state=state))
        if state != "success":
            waiting = name
    if waiting is None:
        return Green() if is_still(one.request) else None
    if one.queued.first_at is None:
        return First()
    if now() >= give_up_at(rules, one.queued.first_at):
        return Left(say("The check {name} did not come within {count} min.", name=waiting, count=rules.queue_minutes))
    return None


def give_up_at(rules: Rules, first_at: datetime) -> datetime:
    return first_at + timedelta(minutes=rules.queue_minutes)


def is_still(request: MergeRequest) -> bool:
    """Whether it waits for people, and its own machine is not at it."""
    return request.phase == OPEN and request.wake_at is None


def pause(seen: Sequence[Seen], steps: Mapping[Key, Step]) -> float | None:
    """None: nobody stands there."""
    if any(isinstance(step, Failed) for step in steps.values()):
        return AGAIN_SECONDS
    if any(not isinstance(step, Green) for step in steps.values()):
        return 0.0
    # One whose own machine fails is tried by it ever more seldom, and there is nothing to see so soon.
    if steps or any(each.request.is_open and not is_still(each.request) and not each.request.tries for each in seen):
        return SOON_SECONDS
    return LOOK_SECONDS if seen else None


# open: what the machine has found out.
def write_steps(work: Work, row: MergeQueue, *, steps: Mapping[Key, Step]) -> None:
    """Those that somebody took out meanwhile are left alone."""
    meant = [each for each in standings_in(work, row) if key_of(each.queued) in steps]
    ids = [each.request.id for each in meant]
    # In the order in which a push locks them as well.
    query = select(MergeRequest).where(MergeRequest.id.in_(ids)).order_by(MergeRequest.id).with_for_update()
    work.session.scalars(query.execution_options(populate_existing=True)).all()
    for each in meant:
        write_step(work, each, steps[key_of(each.queued)])


def write_step(work: Work, standing: Standing, step: Step) -> None:
    queued, request = standing.queued, standing.request
    match step:
        case Ready():
            queued.ready_at = now()
        case First():
            queued.first_at = now()
        case Made():
            end_group(work, queued, request, "invalidated")
            queued.base_sha, queued.group_sha, queued.first_at, queued.tries = step.base, step.sha, None, 0
            tell_made(work, queued, request, step)
        case Failed():
            queued.tries += 1
        case Green():
            begin_merge(work, queued, request)
        case Left(why=None):
            end_group(work, queued, request, "merged")
            work.session.delete(queued)
        case Left(why=Text() as why) if request.phase != MERGING:
            leave(work, queued, request, why)


def begin_merge(work: Work, queued: Queued, request: MergeRequest) -> None:
    """From here on the request's own machine moves the branch, and finds it moved if it is killed in between."""
    if not queued.group_sha or not is_still(request) or request.head_sha != queued.head_sha:
        return
    request.phase, request.manner = MERGING, queued.manner
    request.onto, request.tested_sha = queued.base_sha, queued.group_sha
    request.ended_by, request.ended_by_name = queued.by, queued.by_name
    wake(work, request)


def tell_made(work: Work, queued: Queued, request: MergeRequest, made: Made) -> None:
    event = MergeGroupMade(
        project=request.project_id,
        request=request.id,
        number=request.number,
        target=request.target,
        ref=group_ref(request.target, request, made.base),
        head=made.sha,
        base=made.base,
        tree=made.tree,
        message=made.message,
        author=queued.by_name,
        email=EMAIL,
        authored_at=queued.queued_at,
    )
    about = [*request.about, commit_ref(request.project_id, made.sha)]
    replace(work, actor=Actor(queued.by, queued.by_name)).record(event, about=about, within=request.scope)
