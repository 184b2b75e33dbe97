"""The machine of merge requests: tries them, and merges them. Git moves first; what it did is then written down."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from dure.code.push import HEADS
from dure.code.reception import Reception
from dure.code.repositories import Repositories
from dure.code.request.changing import closed_event, note
from dure.code.request.happened import MergeRequestMerged, MergeRequestTried
from dure.code.request.merging import EMAIL, merge_words
from dure.code.request.request import CLOSED, LEASE_SECONDS, MERGED, MERGING, OPEN, TRYING, MergeRequest
from dure.kit import now
from dure.ledger import HOUSE, Actor, Move, Phases, Turn, Work


@dataclass(frozen=True)
class Requests:
    """What merge requests are carried on with."""

    repositories: Repositories
    reception: Reception

    def phases(self) -> Phases[MergeRequest]:
        return Phases(
            MergeRequest, {TRYING: self.attempt, OPEN: rest, MERGING: self.merge}, lease_seconds=LEASE_SECONDS
        )

    def attempt(self, turn: Turn[MergeRequest]) -> Move[MergeRequest]:
        """What do both branches come to? The answer is a commit that no branch holds: `refs/pull/N/merge`."""
        row, git = turn.row, self.repositories
        if git.is_ancestor(row.repository_id, row.head_sha, row.target_sha) and row.action != "opened":
            # Somebody has merged it without us.
            return Move(MERGED, after_seconds=None, write=partial(write_merged, merged=row.target_sha))
        found = git.merge(row.repository_id, row.target_sha, row.head_sha)
        git.move_ref(row.repository_id, f"refs/pull/{row.number}/head", row.head_sha)
        merged = "" if found.conflicts else self.commit(row, found.tree, [row.target_sha, row.head_sha], HOUSE)
        if merged:
            git.move_ref(row.repository_id, f"refs/pull/{row.number}/merge", merged)
        tried = row.head_sha, row.target_sha
        return Move(
            OPEN,
            after_seconds=None,
            write=partial(write_tried, tried=tried, merged=merged, conflicts=found.conflicts),
        )

    def commit(self, row: MergeRequest, tree: str, parents: Sequence[str], actor: Actor) -> str:
        words, when = merge_words(row, "merge" if actor == HOUSE else row.manner), row.updated_at
        return self.repositories.write_commit(
            row.repository_id, tree, parents, words, actor=actor, email=EMAIL, at=when
        )

    def merge(self, turn: Turn[MergeRequest]) -> Move[MergeRequest]:
        """Compare and set on the branch itself. Killed in between, the same commit is made again and found there."""
        row, git = turn.row, self.repositories
        actor = Actor(row.ended_by, row.ended_by_name)
        target, head = git.head(row.repository_id, row.target), git.head(row.repository_id, row.source)
        # What is pushed during a merge is left to it to see.
        gone = Move[MergeRequest](CLOSED, after_seconds=None, write=write_gone)
        if target is None:
            return gone
        again = Move[MergeRequest](TRYING, write=partial(write_again, target=target, head=head)) if head else gone
        there = bool(row.tested_sha) and git.is_ancestor(row.repository_id, row.tested_sha, target)
        if head != row.head_sha and not there and (row.tested_sha or not row.onto):
            # Something was pushed to it after the wish, and nobody has looked at that.
            return again
        onto = row.onto or target
        made = row.tested_sha or self.make(row, onto, actor)
        if made is None:
            return again
        if row.onto != onto:
            # Remember where we began before anything moves.
            return Move(MERGING, write=partial(write_onto, onto=onto))
        there = git.is_ancestor(row.repository_id, made, target)
        if not there and not git.move_ref(row.repository_id, f"{HEADS}{row.target}", made, onto, actor=actor):
            return again
        self.reception.settle(row.repository_id)
        return Move(MERGED, after_seconds=None, write=partial(write_merged, merged=made))

    def make(self, row: MergeRequest, onto: str, actor: Actor) -> str | None:
        """The commit that it comes to on top of this one. None when they conflict."""
        found = self.repositories.merge(row.repository_id, onto, row.head_sha)
        parents = [onto, row.head_sha] if row.manner == "merge" else [onto]
        return None if found.conflicts else self.commit(row, found.tree, parents, actor)


def rest(turn: Turn[MergeRequest]) -> Move[MergeRequest]:  # noqa: ARG001 - as every phase
    """It waits for people."""
    return Move(OPEN, after_seconds=None)


def write_tried(
    work: Work, row: MergeRequest, *, tried: tuple[str, str], merged: str, conflicts: Sequence[str]
) -> None:
    if row.closed_at is not None:
        row.phase = CLOSED
        return
    if (row.head_sha, row.target_sha) != tried:
        # A push came meanwhile, and has woken us.
        row.phase = TRYING
        return
    row.merge_sha, row.conflicts = merged, msgspec.json.encode(list(conflicts)).decode()
    action, row.action = row.action, ""
    if action:
        event = MergeRequestTried(
            project=row.project_id,
            request=row.id,
            number=row.number,
            action=action,  # type: ignore[arg-type]
            source=row.source,
            target=row.target,
            head=row.head_sha,
            base=row.target_sha,
            before=row.before_sha,
            merge=merged,
            conflicts=tuple(conflicts),
        )
        work.record(event, about=row.about, within=row.scope)


def write_again(
    work: Work,  # noqa: ARG001 - as every write of a move
    row: MergeRequest,
    *,
    target: str,
    head: str,
) -> None:
    """One of its sides has moved, or they conflict by now: it is open again, and tried."""
    row.onto, row.tested_sha, row.target_sha, row.ended_by, row.ended_by_name = "", "", target, "", ""
    if head != row.head_sha:
        row.before_sha, row.head_sha, row.action = row.head_sha, head, "synchronize"


def write_gone(work: Work, row: MergeRequest) -> None:
    """One of its branches is no more."""
    row.closed_at = now()
    note(work, row, closed_event(row))


def write_onto(work: Work, row: MergeRequest, *, onto: str) -> None:  # noqa: ARG001 - as every write of a move
    row.onto = onto


def write_merged(work: Work, row: MergeRequest, *, merged: str) -> None:
    row.merged_sha, row.closed_at, row.left_queue = merged, now(), ""
    event = MergeRequestMerged(
        project=row.project_id,
        request=row.id,
        number=row.number,
        title=row.title,
        source=row.source,
        target=row.target,
        head=row.head_sha,
        merged=merged,
    )
    note(work, row, event)
