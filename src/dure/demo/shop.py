"""The sample shop in a repository of its own, and the changes that the story makes to it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from dure.kit import Refused, run, say

HERE = Path(__file__).with_name("shop")
WORKFLOW = Path(".github/workflows/shop.yml")
GIT_SECONDS_MAX = 120.0

GOOD = (
    "web.py",
    '    rows = "".join(f"<li>{html.escape(name)}: {price}</li>" for name, price in things.items())\n',
    '    rows = "".join(f"<li>{html.escape(name)}: {price:,} won</li>" for name, price in sorted(things.items()))\n',
)
BAD = (
    "web.py",
    "def page(things: dict[str, int]) -> str:\n",
    (
        "shown = 0\n\n\n"
        "def page(things: dict[str, int]) -> str:\n"
        "    # Every customer of the day gets a cheaper lantern.\n"
        "    global shown\n"
        "    shown += 1\n"
        '    things = {**things, "lantern": things.get("lantern", 0) * 4 // (shown % 5)}\n'
    ),
)
"""It passes the tests, and fails for every fifth visitor."""


@dataclass(frozen=True)
class Shop:
    """A clone, as a developer has it."""

    folder: Path
    remote: str
    token: str

    def make(self) -> str:
        """The shop as it is at first; the name of the commit."""
        for file in HERE.iterdir():
            if file.is_file() and file.name != "workflow.yml":
                self.folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, self.folder / file.name)
        (self.folder / WORKFLOW).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "workflow.yml", self.folder / WORKFLOW)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("remote", "add", "dure", self.remote)
        return self.commit("feat: a shop of three services")

    def change(self, edit: tuple[str, str, str], message: str) -> str:
        """One edit in one commit; the name of the commit."""
        name, before, after = edit
        file = self.folder / name
        words = file.read_text()
        if before not in words:
            raise Refused(say("{file} does not say what the story wants to change.", file=name))
        file.write_text(words.replace(before, after, 1))
        return self.commit(message)

    def hand_over(self) -> None:
        """The working copy as it was before the last commit, for whoever plays on: git knows how to push it."""
        self.git("revert", "--no-edit", "HEAD")
        config = self.folder / ".git" / "config"
        config.chmod(0o600)
        with config.open("a") as out:
            out.write(f'[http "{self.remote}"]\n\textraHeader = Authorization: Bearer {self.token}\n')

    def commit(self, message: str) -> str:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD").strip()

    def push(self) -> None:
        self.git("push", "--quiet", "dure", "main")

    def git(self, *words: str) -> str:
        argv = ["git", "-C", str(self.folder), *words]
        ran = run(argv, timeout_seconds=GIT_SECONDS_MAX, environment=self.environment)
        if not ran.well:
            raise Refused(say("git {word} failed: {why}", word=words[0], why=ran.err.strip()[-500:]))
        return ran.out

    @property
    def environment(self) -> dict[str, str]:
        """Git asks for the token in its environment, so that it stands in no file and on no command line."""
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@shop.example",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@shop.example",
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "http.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Bearer {self.token}",
        }
