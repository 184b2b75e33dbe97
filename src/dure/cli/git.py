"""The git program as the command line uses it: in the folder where the person is, with their own settings."""

import subprocess

from dure.kit import NotFound, Refused, say

SECONDS_MAX = 30


def ask_git(*words: str) -> str | None:
    """What git answers here; nothing where it has no answer."""
    try:
        done = subprocess.run(  # noqa: S603 - argv is a list made by us, no shell reads it
            ["git", *words],  # noqa: S607 - the git that the person uses
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS_MAX,
            check=False,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise NotFound(say("The program {name} is not installed here.", name="git")) from error
    return done.stdout.strip() if done.returncode == 0 else None


def tell_git(*words: str) -> None:
    """Have git do something here that has to succeed."""
    if ask_git(*words) is None:
        raise Refused(say("git would not do it: git {words}", words=" ".join(words)))
