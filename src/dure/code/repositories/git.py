"""The git program: how it is called, with nothing of this machine's own settings and with limits on everything."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from dure.kit import NotFound, Refused, TooSlow, say

ANSWER_SECONDS_MAX = 60.0
ANSWER_BYTES_MAX = 200_000_000
PUSH_BYTES_MAX = 2 * 1024**3
CHUNK_BYTES = 1 << 16

SAFE = {
    "core.hooksPath": "/dev/null",
    "core.fsyncMethod": "fsync",
    "core.fsync": "committed,reference",
    "core.logAllRefUpdates": "always",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "advice.detachedHead": "false",
    "receive.autogc": "false",
    "receive.fsckObjects": "true",
    "receive.fsck.zeroPaddedFilemode": "ignore",
    "receive.fsck.missingSpaceBeforeDate": "ignore",
    "receive.fsck.badTimezone": "ignore",
    "receive.denyDeleteCurrent": "refuse",
    "receive.maxInputSize": str(PUSH_BYTES_MAX),
    "transfer.unpackLimit": "1",
    "transfer.hideRefs": "refs/",
    "uploadpack.allowFilter": "true",
    "uploadpackfilter.allow": "false",
    "uploadpackfilter.blob:none.allow": "true",
    "uploadpackfilter.blob:limit.allow": "true",
    "uploadpackfilter.tree.allow": "true",
    "uploadpackfilter.tree.maxDepth": "0",
    "uploadpack.keepAlive": "5",
    "receive.keepAlive": "5",
    "pack.threads": "1",
    "pack.windowMemory": "200m",
}
"""What holds for every repository of ours. The known old faults that are ignored stand in the history of half the
world's projects, and hurt nobody. Of the filters of a partial clone, those are served that cost little."""
SHOWN_REFS = ("!refs/heads/", "!refs/tags/")
"""Branches and tags are what one may see and move."""
FETCHED_REFS = ("!refs/pull/",)
"""What merge requests come to: one may fetch it, and nobody but the house moves it."""
QUEUE_REFS = "refs/heads/gh-readonly-queue"
"""What merge queues test stands below this, where GitHub has it as well: the same."""


class GitFailed(Refused):
    """Git could not do what was asked of it."""


def argv(*words: str) -> list[str]:
    settings = [*SAFE.items(), *(("transfer.hideRefs", shown) for shown in SHOWN_REFS)]
    settings += [("uploadpack.hideRefs", shown) for shown in FETCHED_REFS]
    settings.append(("receive.hideRefs", QUEUE_REFS))
    return ["git", *(word for name, value in settings for word in ("-c", f"{name}={value}")), *words]


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Nothing of ours but the way to the programs: no secrets, no settings of this machine or of its users."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        **(more or {}),
    }


def git(
    folder: Path,
    *words: str,
    typed: bytes = b"",
    well: Sequence[int] = (0,),
    more: Mapping[str, str] | None = None,
    timeout_seconds: float = ANSWER_SECONDS_MAX,
) -> bytes:
    """What git answers about the repository in this folder."""
    try:
        with TemporaryFile() as out:
            done = subprocess.run(  # noqa: S603 - argv is a list made by us, no shell reads it
                argv("--git-dir", str(folder), *words),
                input=typed,
                stdout=out,
                stderr=subprocess.PIPE,
                timeout=timeout_seconds,
                env=environment(more),
                check=False,
            )
            answer = answered(out)
    except (FileNotFoundError, PermissionError) as error:
        raise NotFound(say("The program {name} is not installed here.", name="git")) from error
    except subprocess.TimeoutExpired as error:
        raise TooSlow(
            say("{name} took longer than {seconds} s and was ended.", name=f"git {words[0]}", seconds=timeout_seconds)
        ) from error
    if done.returncode not in well:
        why = done.stderr.decode(errors="replace").strip()[-500:] or f"exit code {done.returncode}"
        raise GitFailed(say("git {word} failed: {why}", word=words[0], why=why))
    return answer


def answered(out: IO[bytes]) -> bytes:
    """It goes over a file, because what somebody pushed may be told at any length."""
    size = out.seek(0, os.SEEK_END)
    if size > ANSWER_BYTES_MAX:
        raise GitFailed(say("git answers with more than {size} bytes.", size=ANSWER_BYTES_MAX))
    out.seek(0)
    return out.read()


@contextmanager
def streaming(folder: Path, *words: str) -> Iterator[Iterator[bytes]]:
    """What git answers, piece by piece. Whoever stops listening ends it."""
    process = subprocess.Popen(  # noqa: S603 - as above
        argv("--git-dir", str(folder), *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        start_new_session=True,
    )
    assert process.stdout is not None
    out = process.stdout
    try:
        yield iter(lambda: out.read(CHUNK_BYTES), b"")
        if process.wait(ANSWER_SECONDS_MAX):
            raise GitFailed(say("git {word} failed: {why}", word=words[0], why=f"exit code {process.returncode}"))
    finally:
        out.close()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
