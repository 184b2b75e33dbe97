"""Problems that are recognised in what a job prints, and the places they are at."""

import os.path
import signal
import threading
from pathlib import Path

from dure.kit import Refused, say
from dure.runner.job.desk import Desk, read_beneath
from dure.runner.record import Matcher, plain_line, read_matchers
from dure.wire import Level

FILE_BYTES_MAX = 1 << 20
MATCHERS_MAX = 50
SECONDS_MAX = 1.0
"""A pattern that takes longer for one line is not asked again."""
LEVELS: dict[str, Level] = {"": "error", "error": "error", "warning": "warning", "notice": "notice"}


class TooLong(Exception):
    """A pattern thinks, and thinks."""


class Matching:
    """All problem matchers of one job, the latest first."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.matchers: list[Matcher] = []
        self.asking = False
        desk.log.look = self.look
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self.interrupt)

    def interrupt(self, *_: object) -> None:
        if self.asking:
            raise TooLong

    def add(self, file: str) -> str | None:
        """Those of a file that the job names; what is wrong with it, if anything is."""
        desk = self.desk
        data = read_where(desk, file if file.startswith("/") else f"{desk.scope.workspace}/{file}")
        if data is None:
            return str(say("The problem matcher {file} cannot be read.", file=file))
        try:
            fresh = read_matchers(data[:FILE_BYTES_MAX])
        except Refused as refusal:
            return str(refusal.text)
        for matcher in fresh:
            self.remove(matcher.owner)
            self.matchers.insert(0, matcher)
        del self.matchers[MATCHERS_MAX:]
        self.settle()
        return None

    def remove(self, owner: str) -> None:
        self.matchers = [matcher for matcher in self.matchers if matcher.owner.lower() != owner.lower()]
        self.settle()

    def remove_all_of(self, file: str) -> str | None:
        """Those that a file has; what is wrong with it, if anything is."""
        desk = self.desk
        data = read_where(desk, file if file.startswith("/") else f"{desk.scope.workspace}/{file}")
        try:
            owners = [matcher.owner for matcher in read_matchers(data or b"")]
        except Refused as refusal:
            return str(refusal.text)
        for owner in owners:
            self.remove(owner)
        return None

    def settle(self) -> None:
        """Without matchers, lines are not looked at one by one."""
        self.desk.log.looks = bool(self.matchers)

    def look(self, line: str) -> str | None:
        """What the log shows instead of this line, when it says a problem."""
        words = plain_line(line)
        for matcher in self.matchers:
            problem = self.asked(matcher, words)
            if problem is None:
                continue
            for other in self.matchers:
                if other is not matcher:
                    other.reset()
            level = LEVELS.get(problem.get("severity", "").lower())
            if level is not None and problem.get("message", "").strip():
                self.desk.annotate(level, problem["message"], place_of(self.desk, problem))
                return f"##[{level}]{words}\n"
        return None

    def asked(self, matcher: Matcher, words: str) -> dict[str, str] | None:
        self.asking = True
        signal.setitimer(signal.ITIMER_REAL, SECONDS_MAX)
        try:
            return matcher.match(words)
        except (TooLong, RecursionError):
            self.matchers.remove(matcher)
            self.settle()
            why = say("The problem matcher {owner} took too long for one line, and is removed.", owner=matcher.owner)
            self.desk.annotate("warning", str(why))
            return None
        finally:
            self.asking = False
            signal.setitimer(signal.ITIMER_REAL, 0)


def read_where(desk: Desk, path: str) -> bytes | None:
    """A file where the job sees it: of its own, or of an action that the runner keeps. Nothing else is read."""
    view = desk.cell.view
    for seen, root, beneath in (
        (desk.scope.room, desk.place.path, "room/"),
        (desk.cell.actions, view.actions, ""),
    ):
        inside = os.path.normpath(path)
        if root is not None and inside.startswith(f"{seen}/"):
            return read_beneath(root, beneath + inside.removeprefix(f"{seen}/"), FILE_BYTES_MAX)
    return None


def place_of(desk: Desk, problem: dict[str, str]) -> dict[str, str | int | None]:
    found: dict[str, str | int | None] = {"file": file_of(desk, problem), "title": problem.get("code")}
    for name in ("line", "column"):
        said = problem.get(name, "")
        found[name] = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
    return found


def file_of(desk: Desk, problem: dict[str, str]) -> str | None:
    """Its path in the repository, if it is there."""
    said, workspace = problem.get("file", "").strip(), desk.scope.workspace
    if not said:
        return None
    if not said.startswith("/"):
        said = os.path.join(os.path.dirname(problem.get("fromPath", "")), said)
    inside = os.path.normpath(os.path.join(workspace, said))
    if not inside.startswith(f"{workspace}/"):
        return None
    real = desk.place.path / "room" / "work" / inside.removeprefix(f"{workspace}/")
    root = desk.place.path / "room" / "work"
    # Nothing is told of what lies behind a link that leads out: not even whether it is there.
    if not os.path.realpath(real.parent).startswith(os.path.realpath(root)) or not os.path.lexists(real):
        return None
    above: Path = real.parent
    while above not in (root, above.parent):
        if os.path.lexists(above / ".git"):
            return str(real.relative_to(above))
        above = above.parent
    return str(real.relative_to(root))
