"""A folder with workflows, and `dure run` as a person says it: a process of its own, real sandboxes, real git."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

DURE = [sys.executable, "-c", "from dure.__main__ import main; main()"]
WHO = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
WHO |= {"GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org"}
SECONDS_MAX = 60


@dataclass
class Folder:
    path: Path
    cache: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
        return file

    def workflow(self, text: str, name: str = "ci.yml") -> Path:
        return self.write(f".github/workflows/{name}", text)

    def git(self, *words: str) -> str:
        argv = ["git", "-C", str(self.path), *words]
        return subprocess.run(
            argv, capture_output=True, text=True, check=True, env={**os.environ, **WHO, **self.environment}
        ).stdout

    def commit(self, message: str = "A change") -> str:
        if not (self.path / ".git").exists():
            self.git("init", "--quiet", "--initial-branch=main")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*DURE, *words],
            cwd=self.path,
            env={**os.environ, "XDG_CACHE_HOME": str(self.cache), "DURE_LANGUAGE": "en", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def dure(self, *words: str) -> "Said":
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=SECONDS_MAX)
        finally:
            process.kill()
        return Said(process.returncode, out, err)

    def run(self, *words: str) -> "Said":
        return self.dure("run", *words)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def happened(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]

    def results(self) -> dict[str, str]:
        """What became of each job, by the name that people see."""
        return {each["name"]: each["result"] for each in self.happened if each["what"] == "job" and "result" in each}

    def words_of(self, job: str) -> list[str]:
        """What a job printed."""
        return [each["text"] for each in self.happened if each["what"] == "line" and each["name_of_job"] == job]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "shop"
    path.mkdir()
    return Folder(path, tmp_path / "cache")
