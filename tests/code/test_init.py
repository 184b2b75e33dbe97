"""`dure init`: from a folder to a push, with no token in any file of the repository."""

import os
import subprocess
import sys
from pathlib import Path

from tests.code.told import moved
from tests.parts.house import Ended, RunningHouse


def said(folder: Path, home: Path, *words: str, expect: int = 0) -> Ended:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DURE_", "GIT_", "XDG_"))}
    environment = {
        **kept,
        "HOME": str(home),
        "DURE_LANGUAGE": "en",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "a@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "a@example.com",
    }
    done = subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False, input=""
    )
    assert done.returncode == expect, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
    return Ended(done.returncode, done.stdout, done.stderr, words)


def test_from_a_folder_to_a_push(running: RunningHouse, token: str, tmp_path: Path) -> None:
    home, folder = tmp_path, tmp_path / "My Shop"
    folder.mkdir()
    dure = (sys.executable, "-m", "dure")
    said(folder, home, *dure, "init", expect=4)
    said(folder, home, *dure, "login", running.url, "--token", token)

    made = said(folder, home, *dure, "init")
    (folder / "a.txt").write_text("a")
    said(folder, home, "git", "add", ".")
    said(folder, home, "git", "commit", "--quiet", "-m", "First")
    said(folder, home, "git", "push", "--quiet", "-u", "dure", "main")

    assert "Made ada/my-shop." in made.out
    assert len(moved(running, "ada/my-shop")) == 1
    assert "is there" in said(folder, home, *dure, "init").out
    said(folder, home, "git", "pull", "--quiet")
    assert not any(token in file.read_text(errors="replace") for file in (folder / ".git").rglob("*") if file.is_file())


def test_the_token_is_for_its_house_alone(running: RunningHouse, token: str, tmp_path: Path) -> None:
    dure = (sys.executable, "-m", "dure")
    said(tmp_path, tmp_path, *dure, "login", running.url, "--token", token)
    host = running.url.removeprefix("http://")
    for words, known in (
        (f"protocol=http\nhost={host}\n\n", True),
        (f"protocol=https\nhost={host}\n\n", False),
        (f"protocol=http\nhost={host}.evil.example\n\n", False),
        ("protocol=http\nhost=\n\n", False),
        ("\n", False),
    ):
        done = subprocess.run(
            [*dure, "credential", "get"],
            input=words,
            capture_output=True,
            text=True,
            env={**os.environ, "HOME": str(tmp_path), "XDG_CONFIG_HOME": ""},
            check=True,
        )
        assert (token in done.stdout) == known


def test_in_a_folder_with_a_project_every_word_means_that_one(
    running: RunningHouse, token: str, tmp_path: Path
) -> None:
    dure = (sys.executable, "-m", "dure")
    said(tmp_path, tmp_path, *dure, "login", running.url, "--token", token)
    first, second = tmp_path / "first-here", tmp_path / "second-here"
    for folder in (first, second):
        folder.mkdir()
        said(folder, tmp_path, *dure, "init")
    (first / "inner").mkdir()

    shown = [
        said(place, tmp_path, *dure, "project", "show").out for place in (first, first / "inner", second, tmp_path)
    ]

    assert [words.split()[0] for words in shown] == [
        "ada/first-here",
        "ada/first-here",
        "ada/second-here",
        "ada/second-here",
    ]
    assert "ada/second-here" in said(first, tmp_path, *dure, "project", "show", "ada/second-here").out
    said(first, tmp_path, "git", "remote", "set-url", "dure", "http://elsewhere.example/ada/first-here.git")
    assert "elsewhere.example" in said(first, tmp_path, *dure, "project", "show", expect=4).err
