"""The reception: writes down what git has taken in, once, whoever is killed in between.

Git moves a ref and notes in its own journal who did it. Only then, and before the pusher hears that all is well, the
house compares git's refs with what it has written down and writes down the difference. If it dies in between, the
same comparison is made at the next start, at the next push, or when somebody looks at the branch.
"""

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

from dure.code.commit import portions
from dure.code.push import HEADS, ZEROS, Move, Standing, receive, standing
from dure.code.repositories import CommitInfo, GitRef, Repositories, Step, steps_between
from dure.code.repository import repository_ids
from dure.kit import Refused, now
from dure.ledger import HOUSE, Actor, Hands

log = logging.getLogger(__name__)

SWEEP_SECONDS = (60.0, 600.0)
"""The pause after the first sweep, when what was orphaned by our death may still be at work; and after all others."""
STOP_SECONDS_MAX = 5.0
BRANCHES_LOGGED_MAX = 50
"""Of so many branches that move at once each is told with its commits; one who imports more wants no more."""


class Reception:
    """Lifecycle: `start` compares every repository once and then now and then; `settle` one, after a push."""

    def __init__(self, hands: Hands, repositories: Repositories) -> None:
        self.hands, self.repositories = hands, repositories
        self._locks: dict[int, threading.Lock] = {}
        self._guests: Counter[int] = Counter()
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep_on, name="code-reception", daemon=True)
        self._tidier = ThreadPoolExecutor(1, "code-tidier")
        self._untidy: set[int] = set()

    def start(self) -> None:
        self._sweeper.start()

    def stop(self) -> None:
        self._stop.set()
        self._tidier.shutdown(wait=False, cancel_futures=True)
        if self._sweeper.is_alive():
            self._sweeper.join(STOP_SECONDS_MAX)

    @contextmanager
    def guest(self, repository_id: int) -> Iterator[None]:
        """While a push is under way, what it has moved is left to it to write down, under its own name."""
        with self._guard:
            self._guests[repository_id] += 1
        try:
            yield
        finally:
            with self._guard:
                self._guests[repository_id] -= 1
                if not self._guests[repository_id]:
                    del self._guests[repository_id]

    def settle(self, repository_id: int, actor: Actor | None = None) -> Sequence[Move]:
        """Write down whatever has moved. Without an actor, by what the journal says."""
        with self._guard:
            lock = self._locks.setdefault(repository_id, threading.Lock())
        with lock:
            known = self.hands.read_now(HOUSE, partial(standing, repository_id=repository_id))
            if known is None:
                return []
            refs = self.repositories.refs(repository_id)
            default = default_branch(known, refs)
            moves = self._moves(repository_id, known, refs, actor)
            if moves or default != known.default_branch:
                received = self._received(repository_id, known, moves)
                for some in list(portions(moves)) or [[]]:
                    write = partial(
                        receive, repository_id=repository_id, moves=some, received=received, default=default
                    )
                    self.hands.write_now(HOUSE, write)
                    # They are kept with the first move that was written down.
                    received = []
                self._tidy_soon(repository_id)
            self.repositories.set_head(repository_id, default)
        return moves

    def settle_if_behind(self, repository_id: int, branch: str, sha: str | None) -> bool:
        """For whoever looks at a branch: true if it was written down only now. It costs a look at one ref."""
        if repository_id in self._guests or self.repositories.head(repository_id, branch) == sha:
            return False
        return bool(self.settle(repository_id))

    def _moves(self, repository_id: int, known: Standing, refs: dict[str, GitRef], actor: Actor | None) -> list[Move]:
        moves: list[Move] = []
        gone = GitRef("", ZEROS, ZEROS)
        for name in sorted({*known.refs, *refs}):
            before, before_sha = known.refs.get(name, (ZEROS, ZEROS))
            ref = refs.get(name, gone)
            if before == ref.target:
                continue
            steps = steps_between(self.repositories.journal(repository_id, name), before, ref.target)
            # Nobody who came through the house signed it, or the journal went with the branch.
            steps = steps or [Step(before, ref.target, actor, now())]
            for step in steps:
                after_sha = ref.sha if step.after == ref.target else self.repositories.behind(repository_id, step.after)
                moves.append(self._move(repository_id, name, step, (before_sha, after_sha), actor))
                before_sha = after_sha
        return [
            self._with_commits(repository_id, known, move) if place < BRANCHES_LOGGED_MAX else move
            for place, move in enumerate(sorted(moves, key=lambda move: not move.ref.startswith(HEADS)))
        ]

    def _move(self, repository_id: int, name: str, step: Step, shas: tuple[str, str], actor: Actor | None) -> Move:
        before_sha, after_sha = shas
        return Move(
            ref=name,
            before=step.before,
            after=step.after,
            before_sha=before_sha,
            after_sha=after_sha,
            actor=step.actor or HOUSE,
            at=now() if actor is not None else step.at,
            forced=ZEROS not in shas and not self.repositories.is_ancestor(repository_id, before_sha, after_sha),
            quiet=step.actor == HOUSE,
        )

    def _with_commits(self, repository_id: int, known: Standing, move: Move) -> Move:
        """Of a branch, with the commits that it did not have; of a new one, with those that nobody had."""
        if move.after == ZEROS or not move.ref.startswith(HEADS):
            return move
        before = [sha for _, sha in known.refs.values()] if move.before == ZEROS else [move.before_sha]
        commits = self.repositories.new_commits(repository_id, [move.after_sha], before)
        return replace(move, commits=commits)

    def _received(self, repository_id: int, known: Standing, moves: Sequence[Move]) -> list[CommitInfo]:
        """Every commit that came with these moves and was not here before."""
        new = [move.after_sha for move in moves if move.after != ZEROS]
        return self.repositories.new_commits(repository_id, new, [sha for _, sha in known.refs.values()])

    def _tidy_soon(self, repository_id: int) -> None:
        with self._guard:
            if repository_id in self._untidy:
                return
            self._untidy.add(repository_id)
        with suppress(RuntimeError):  # We are stopping; the next push will do.
            self._tidier.submit(self._tidy, repository_id)

    def _tidy(self, repository_id: int) -> None:
        with self._guard:
            self._untidy.discard(repository_id)
        try:
            self.repositories.tidy(repository_id)
        except (Refused, OSError):
            log.exception("could not tidy repository %s", repository_id)

    def _sweep_on(self) -> None:
        pauses = [*SWEEP_SECONDS]
        while not self._stop.is_set():
            self._sweep()
            self._stop.wait(pauses.pop(0) if len(pauses) > 1 else pauses[0])

    def _sweep(self) -> None:
        try:
            ids = self.hands.read_now(HOUSE, repository_ids)
        except Exception:
            log.exception("could not look through the repositories")
            return
        for repository_id in ids:
            if self._stop.is_set():
                return
            if not self.repositories.is_there(repository_id) or repository_id in self._guests:
                continue
            try:
                self.repositories.sweep(repository_id)
                self.settle(repository_id)
            except Exception:
                log.exception("could not settle repository %s", repository_id)


def default_branch(known: Standing, refs: dict[str, GitRef]) -> str:
    """The one there is; while there is none of that name, the first that was pushed."""
    if HEADS + known.default_branch in refs:
        return known.default_branch
    heads = sorted(name.removeprefix(HEADS) for name in refs if name.startswith(HEADS))
    return next((name for name in ("main", "master", "trunk") if name in heads), (heads or [known.default_branch])[0])
