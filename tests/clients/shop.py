"""A project in a real house whose workflows use the official clients as an action of their own."""

import json
import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.parts.house import RunningHouse

ACTION = """
name: Official clients
inputs:
  parts: {required: true}
  megabytes: {default: "20"}
  key: {default: deps-1}
  audience: {default: ""}
  token: {default: "${{ github.token }}"}
runs: {using: node24, main: index.mjs}
"""
SAID = re.compile(r"== (\w+) (.*)$")
RUN_SECONDS_MAX = 240


@dataclass
class Workshop:
    folder: Path
    house: RunningHouse
    token: str
    script: Path

    def project(self, name: str) -> "Shop":
        self.house.api("POST", "/projects", {"name": name}, token=self.token, expect=201)
        return Shop(self, name, self.folder / f"tree-{name}")


@dataclass
class Shop:
    workshop: Workshop
    name: str
    tree: Path
    runs: int = 0
    logs: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"ada/{self.name}"

    def api(self, path: str) -> Any:
        return self.workshop.house.api("GET", f"/projects/{self.path}{path}", token=self.workshop.token, expect=200)

    def git(self, *words: str) -> str:
        identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
        argv = ["git", "-C", str(self.tree), *identity, *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def push(self, workflow: str, branch: str = "main", **files: str) -> str:
        url = f"{self.workshop.house.url.replace('://', f'://ada:{self.workshop.token}@')}/{self.path}.git"
        if not self.tree.exists():
            self.tree.mkdir()
            self.git("init", "-q", "-b", "main")
        self.git("checkout", "-q", "-B", branch)
        words = {".github/workflows/ci.yml": workflow, "client/action.yml": ACTION, "app": "the app\n", **files}
        for name, text in words.items():
            path = self.tree / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        (self.tree / "client" / "index.mjs").write_bytes(self.workshop.script.read_bytes())
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "feat: change")
        self.git("push", "-q", url, branch)
        return self.git("rev-parse", "HEAD")

    def run(self, workflow: str, branch: str = "main", **files: str) -> dict[str, Any]:
        """Pushes, waits for the run, and gives what the clients told."""
        self.push(workflow, branch, **files)
        return self.ended()

    def ended(self, conclusion: str = "success") -> dict[str, Any]:
        self.runs += 1
        found: Any = {}
        until = time.monotonic() + RUN_SECONDS_MAX
        while time.monotonic() < until:
            found = self.workshop.house.api("GET", f"/projects/{self.path}/runs/{self.runs}", token=self.workshop.token)
            if found.get("state") in ("success", "failure", "cancelled"):
                break
            time.sleep(0.1)
        else:
            raise AssertionError("the run did not end")
        told: dict[str, Any] = {}
        for job in found["jobs"]:
            self.logs[job["name"]] = self.log(job["id"])
            for line in self.logs[job["name"]].splitlines():
                if said := SAID.search(line):
                    told[said[1]] = json.loads(said[2])
        assert found["state"] == conclusion, "\n".join(self.logs.values())
        return told

    def log(self, job: int) -> str:
        path = f"/api/v1/projects/{self.path}/runs/{self.runs}/jobs/{job}/log"
        status, answer = self.workshop.house.ask(
            "GET", path, headers={"Authorization": f"Bearer {self.workshop.token}"}
        )
        return answer.decode() if status == 200 else ""
