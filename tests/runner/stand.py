"""A house, a runner that works for it, and words to give it work: what tests of the runner stand on."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from dure.wire import Ended, Happening, JobOrder, StepEnded, StepOrder
from tests.runner.house import TOKEN, Books, served

SECONDS_MAX = 30.0
SAID = "import sys; sys.argv[0] = 'dure'; from dure.runner.command import runner; runner()"
STAMP = re.compile(r"^\S+Z(/\d+)? ")
DURE_RUNNER = [sys.executable, "-c", SAID]


@dataclass
class Stand:
    directory: Path
    books: Books
    url: str
    jobs: int = 0
    program: Sequence[str] = tuple(DURE_RUNNER)
    runners: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def workshop(self) -> Path:
        return self.directory / "workshop"

    def start_runner(self, *options: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        (self.directory / "token").write_text(TOKEN)
        argv = [*self.program, "--house", self.url, "--token-file", str(self.directory / "token")]
        argv += ["--directory", str(self.workshop), "--name", "tester", "--leave-after", "60", *options]
        with (self.directory / "runner.log").open("ab") as log:
            self.runners.append(
                subprocess.Popen(argv, stderr=log, start_new_session=True, env={**os.environ, **(environment or {})})
            )
        return self.runners[-1]

    def order(self, steps: Sequence[Mapping[str, Any]], *, attempt: int = 1, **more: Any) -> Path:
        """Puts a job into the queue; where the house keeps what it hears of it."""
        self.jobs += 1
        job_id = more.pop("job_id", self.jobs)
        order = JobOrder(
            job_id=job_id,
            run_id=more.pop("run_id", 1),
            attempt=attempt,
            lease_seconds=30,
            project="acme/shop",
            repository_url=f"{self.url}/acme/shop.git",
            job_token="dure_job_sesame-open-4711",
            sha=more.pop("sha", "0" * 40),
            ref=more.pop("ref", "refs/heads/main"),
            key="build",
            name="Build it",
            steps=[StepOrder(**{"index": index, **step}) for index, step in enumerate(steps)],
            **more,
        )
        fresh = self.books.path / "orders" / f"{job_id:06}.new"
        fresh.write_bytes(msgspec.json.encode(order))
        fresh.rename(fresh.with_suffix(".json"))
        return self.books.job(job_id, attempt)

    def happenings(self, job: Path) -> list[Happening]:
        return self.books.happenings(job)

    def until(self, what: Callable[[], Any], seconds: float = SECONDS_MAX, pause_seconds: float = 0.01) -> Any:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if found := what():
                return found
            time.sleep(pause_seconds)
        said = (self.directory / "runner.log").read_text() if (self.directory / "runner.log").exists() else ""
        raise AssertionError(f"it did not come to that; the runner says:\n{said[-3000:]}")

    def ended(self, job: Path, seconds: float = SECONDS_MAX, pause_seconds: float = 0.01) -> Ended:
        def last() -> Ended | None:
            known = self.happenings(job)
            return known[-1] if known and isinstance(known[-1], Ended) else None

        found = self.until(last, seconds, pause_seconds)
        assert isinstance(found, Ended)
        return found

    def steps(self, job: Path) -> list[StepEnded]:
        return [happening for happening in self.happenings(job) if isinstance(happening, StepEnded)]

    def log(self, job: Path) -> str:
        """What was printed, without the times."""
        lines = (job / "log").read_text(errors="replace").splitlines() if (job / "log").exists() else []
        return "".join(f"{STAMP.sub('', line)}\n" for line in lines)

    def printed(self, job: Path, seconds: float = SECONDS_MAX) -> Callable[[str], Any]:
        return lambda words: self.until(lambda: words in self.log(job), seconds)

    def did(self, steps: Sequence[Mapping[str, Any]], **more: Any) -> tuple[Ended, str, list[StepEnded]]:
        """One job from order to end."""
        job = self.order(steps, **more)
        return self.ended(job), self.log(job), self.steps(job)

    def room_is_clear(self) -> bool:
        return not any((self.workshop / "jobs").iterdir())

    def close(self) -> None:
        for runner in self.runners:
            if runner.poll() is None:
                runner.terminate()
        for runner in self.runners:
            runner.wait(10)
        # Supervisors outlive their runner on purpose.
        for card in (self.workshop / "jobs").glob("*/lock") if self.workshop.exists() else ():
            with_process(card)


def with_process(lock: Path) -> None:
    words = lock.read_text().split()
    if words and (Path("/proc") / words[0]).exists():
        os.kill(int(words[0]), signal.SIGKILL)


@contextmanager
def standing(directory: Path) -> Iterator[Stand]:
    with ExitStack() as closing:
        url = closing.enter_context(served(directory / "house"))
        stand = Stand(directory, Books(directory / "house"), url)
        closing.callback(stand.close)
        yield stand


def processes(words: str) -> list[int]:
    """Processes of the whole machine whose command line has these words."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words in line and int(path.parent.name) != os.getpid():
            found.append(int(path.parent.name))
    return found


def supervisor_of(stand: Stand) -> int:
    [lock] = stand.until(lambda: list((stand.workshop / "jobs").glob("*/lock")))
    return int(stand.until(lock.read_text))
