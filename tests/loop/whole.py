"""What the scenarios do to a whole house: kill it, bring it back, speak to it, and look for what is left of it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from dure.demo import DemoHouse, Shop, Sight, Story, until
from dure.kit import say
from dure.wire import DeploymentDetail, DeploymentInfo, DeploymentList, NewProject, ProjectInfo, RunDetail
from tests.parts.house import Ended, dure

T = TypeVar("T")
PROJECT = "ada/shop"
RUN_OVER = ("success", "failure", "cancelled")
SECONDS_MAX = 120.0


@dataclass
class Whole:
    """A house that stands, and the folder that everything of it lies in."""

    folder: Path
    house: DemoHouse
    later: "list[subprocess.Popen[bytes]]" = field(default_factory=list)
    """The houses that came after the first one."""

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        pid = int((self.house.data / "house.lock").read_text())
        os.kill(pid, signal.SIGKILL)
        for process in self.later:
            if process.pid == pid:
                process.wait(SECONDS_MAX)

    def come_back(self) -> None:
        """The next house on the same data, as the same words would start it."""
        argv = [sys.executable, "-m", "dure", "up", "--data", str(self.house.data)]
        argv += ["--listen", self.house.url.removeprefix("http://")]
        settings = {"DURE_TRAFFIC_LISTEN": self.house.traffic, "DURE_WORKSHOP": str(self.folder / "workshop")}
        with (self.folder / "later.log").open("ab") as out:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=os.environ | settings,
                start_new_session=True,
            )
        self.later.append(process)
        soon("the house answers again", self.answers)

    def answers(self) -> bool:
        with suppress(OSError):
            return self.house.send("GET", "/sign-in", None, {})[0] < 500
        return False

    def say(self, *words: str, project: str = PROJECT) -> Ended:
        """A word of the command line, signed in, to its end."""
        known = {"DURE_HOUSE": self.house.url, "DURE_TOKEN": self.house.token, "DURE_PROJECT": project}
        return dure(*words, environment={**known, "DURE_CONFIG": str(self.folder / "config.toml")})

    def expect_well(self) -> None:
        """The ledger holds, digest by digest; nothing is stuck; and the house has not stumbled over itself."""
        ended = dure("ledger", "verify", "--data", str(self.house.data))
        assert ended.code == 0, ended.out + ended.err
        status = msgspec.json.decode(dure("status", "--json", "--data", str(self.house.data)).out)
        assert status["running"]
        assert status["stuck_deliveries"] == 0
        for log in (self.folder / "data.log", self.folder / "later.log"):
            words = log.read_text() if log.exists() else ""
            assert " ERROR " not in words, words
            assert "Traceback" not in words, words

    def ledger(self, ref: str) -> list[str]:
        """What the ledger tells of one thing, in words, the oldest first."""
        ended = dure("ledger", "show", ref, "--json", "--data", str(self.house.data))
        assert ended.code == 0, ended.err
        return [json.dumps(entry) for entry in msgspec.json.decode(ended.out)["entries"]]

    def story(self) -> Story:
        return Story(self.house, self.folder / "shop", lambda *_: None)

    def project(self, name: str, files: Mapping[str, str]) -> "Project":
        """A project of its own with these files in a working copy, not yet pushed."""
        made = self.house.post("/projects", NewProject(name=name), ProjectInfo)
        copy = Shop(self.folder / f"copy-{name}", f"{self.house.url}/{made.path}.git", self.house.token)
        copy.folder.mkdir()
        copy.git("init", "--quiet", "--initial-branch", "main")
        copy.git("remote", "add", "dure", copy.remote)
        project = Project(self.house, copy, Sight(self.house, made.path))
        project.write(files)
        return project

    def processes(self) -> list[tuple[int, str]]:
        return processes_of(self.folder)


@dataclass
class Project:
    """A project, its working copy, and what can be seen of it."""

    house: DemoHouse
    copy: Shop
    sight: Sight

    def write(self, files: Mapping[str, str]) -> None:
        for name, words in files.items():
            file = self.copy.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(words)

    def push(self, message: str, files: Mapping[str, str] | None = None) -> str:
        """One commit with these files; the name of it, once the house has it."""
        self.write(files or {})
        sha = self.copy.commit(message)
        self.copy.push()
        return sha

    def run_over(self, sha: str) -> RunDetail:
        """The run of this commit, once it is over."""

        def look() -> RunDetail | None:
            run = self.sight.run_of(sha)
            if run is None or run.state not in RUN_OVER:
                return None
            return self.house.get(f"{self.sight.base}/runs/{run.number}", RunDetail)

        return soon(f"the run of {sha[:10]} is over", look)

    def log(self, run: RunDetail, job: int = 0) -> str:
        path = f"/api/v1{self.sight.base}/runs/{run.number}/jobs/{run.jobs[job].id}/log"
        status, words = self.house.send("GET", path, None, {"Authorization": f"Bearer {self.house.token}"})
        assert status == 200, words
        return words.decode()

    def deployments(self, environment: str = "production") -> list[DeploymentInfo]:
        """All of them, the newest first."""
        found = self.house.get(f"{self.sight.base}/deployments?limit=100", DeploymentList).deployments
        return [one for one in found if one.environment == environment]

    def deployment(self, sha: str, environment: str = "production") -> DeploymentInfo | None:
        return next((one for one in self.deployments(environment) if one.sha == sha), None)

    def key(self, sha: str, environment: str = "production") -> str:
        """What the traffic calls the version of this commit."""
        found = self.deployment(sha, environment)
        assert found is not None
        return self.detail(found.number).instances[0].key.split("-")[0]

    def detail(self, number: int) -> DeploymentDetail:
        return self.house.get(f"{self.sight.base}/deployments/{number}", DeploymentDetail)

    def phase(self, sha: str, *wanted: str, environment: str = "production") -> DeploymentInfo:
        """The deployment of this commit, once it is in one of these phases."""

        def look() -> DeploymentInfo | None:
            found = self.deployment(sha, environment)
            return found if found is not None and found.phase in wanted else None

        return soon(f"{sha[:10]} in {environment}: {' or '.join(wanted)}", look)


def soon(what: str, look: Callable[[], T | None], seconds: float = SECONDS_MAX) -> T:
    return until(look, say("{what}", what=what), seconds)


def processes_of(folder: Path) -> list[tuple[int, str]]:
    """Every living process that has to do with this folder: by its command line, its program or where it stands."""
    name = os.fsencode(folder)
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (place / "cmdline").read_bytes()
            inside = [os.readlink(place / link).encode() for link in ("cwd", "exe")]
            if line and int(place.name) != os.getpid() and (name in line or any(name in path for path in inside)):
                found.append((int(place.name), line.replace(b"\x00", b" ").decode(errors="replace")))
    return found


@contextmanager
def emptied(folder: Path) -> Iterator[None]:
    """When all of it has been stopped, nothing of it is left running."""
    yield
    soon(f"nothing of {folder} runs any more", lambda: not processes_of(folder), 20)
