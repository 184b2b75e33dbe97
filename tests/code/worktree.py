"""The real git at work: working trees that push to a house and fetch from it.

tree = Home(tmp_path, house.url, token).worktree("ada/shop")
tree.commit("First", {"a.txt": "hello"})
tree.git("push", "origin", "main")
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

SECONDS_MAX = 120


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Home:
    """A person's machine: where they work, and what they sign in with."""

    folder: Path
    url: str
    token: str = ""

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DURE_"))}
        return {
            **kept,
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.com",
        }

    def address(self, project: str, ending: str = ".git") -> str:
        parts = urlsplit(self.url)
        user = f"ada:{self.token}@" if self.token else ""
        return f"{parts.scheme}://{user}{parts.netloc}/{project}{ending}"

    def worktree(self, project: str, name: str = "work") -> "Worktree":
        tree = Worktree(self, self.folder / name)
        tree.folder.mkdir()
        tree.git("init", "--quiet", "--initial-branch=main")
        tree.git("remote", "add", "origin", self.address(project))
        return tree

    def clone(self, project: str, name: str, *words: str) -> "Worktree":
        tree = Worktree(self, self.folder / name)
        subprocess.run(
            ["git", "clone", "--quiet", *words, self.address(project), str(tree.folder)],
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=SECONDS_MAX,
        )
        return tree


@dataclass(frozen=True)
class Worktree:
    home: Home
    folder: Path

    def git(
        self, *words: str, expect: int | None = 0, environment: Mapping[str, str] | None = None, typed: str = ""
    ) -> Said:
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env={**self.home.environment, **(environment or {})},
            input=typed,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS_MAX,
            check=False,
        )
        assert expect is None or done.returncode == expect, (
            f"git {words}: {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def write(self, path: str, content: str | bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str, files: Mapping[str, str | bytes] | None = None) -> str:
        """Commit these files, or nothing at all; the sha."""
        for path, content in (files or {}).items():
            self.write(path, content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.sha()

    def sha(self, rev: str = "HEAD") -> str:
        return self.git("rev-parse", rev).out.strip()

    def push(self, *words: str, expect: int | None = 0) -> Said:
        return self.git("push", "origin", *(words or ("HEAD",)), expect=expect)
