"""Which program reads the lines of `run:`."""

import re
import shlex
import shutil
from dataclasses import dataclass

from dure.kit import Refused, say
from dure.runner.sandbox import SYSTEM_PATH


@dataclass(frozen=True)
class Shell:
    words: tuple[str, ...]
    """Where the script's file stands, it says {0}."""
    ending: str = ".sh"

    def argv(self, script: str) -> list[str]:
        return [word.replace("{0}", script) for word in self.words]


UNSAID = (Shell(("bash", "-e", "{0}")), Shell(("sh", "-e", "{0}")))
"""Without a word on the shell: the first that is here. Unlike `shell: bash`, a pipe is as good as its last program."""
KNOWN = {
    "bash": Shell(("bash", "--noprofile", "--norc", "-eo", "pipefail", "{0}")),
    "sh": Shell(("sh", "-e", "{0}")),
    "python": Shell(("python3", "{0}"), ".py"),  # Debian has no `python`, and who has one has this too.
    "pwsh": Shell(("pwsh", "-command", ". '{0}'"), ".ps1"),
}
HAS_PLACE = re.compile(r"\{0\}")


class NoSuchShell(Refused):
    """The word after `shell:` says nothing to us."""


def shell_of(said: str | None) -> Shell:
    if not said:
        return next((shell for shell in UNSAID if shutil.which(shell.words[0], path=SYSTEM_PATH)), UNSAID[-1])
    if known := KNOWN.get(said.strip()):
        return known
    try:
        words = tuple(shlex.split(said))
    except ValueError:
        words = ()
    if not words or not HAS_PLACE.search(said):
        raise NoSuchShell(
            say("The shell {shell} is none of bash, sh and python, and does not say where {{0}} stands.", shell=said)
        )
    return Shell(words, ".py" if words[0].startswith("python") else ".sh")
