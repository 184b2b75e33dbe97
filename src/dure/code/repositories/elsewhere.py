"""Repositories that are not ours: one commit of them, fetched into a folder that is thrown away afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from dure.code.repositories.git import argv, environment, git, streaming
from dure.code.repositories.refs import is_ref_name
from dure.kit import Refused, run, say

FETCH_SECONDS_MAX = 240.0
INIT_SECONDS_MAX = 20.0
SPEED = ("-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=15")
"""What trickles slower than this for so long is given up."""
REACHED = ("-c", "protocol.https.allow=always", "-c", "protocol.http.allow=always")
FOUND = "FETCH_HEAD"


@contextmanager
def fetched_tree(folder: Path, url: str, ref: str) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The sha and the files, as a tar piece by piece, of a branch, a tag or a whole sha of the repository at `url`."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise Refused(say("{url} is not an address that begins with http:// or https://.", url=url[:200]))
    if not is_ref_name(f"refs/heads/{ref}".encode()):
        raise Refused(say("{ref} cannot be the name of a branch, a tag or a commit.", ref=ref[:100]))
    made = run(
        argv("init", "--quiet", "--bare", "--template=", str(folder)),
        timeout_seconds=INIT_SECONDS_MAX,
        environment=environment(),
    )
    if not made.well:
        raise Refused(say("git {word} failed: {why}", word="init", why=made.err.strip()[-500:]))
    words = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--end-of-options", url, ref)
    git(folder, *SPEED, *REACHED, *words, timeout_seconds=FETCH_SECONDS_MAX)
    sha = git(folder, "rev-parse", "--verify", f"{FOUND}^{{commit}}").decode().strip()
    with streaming(folder, "archive", "--format=tar", "--end-of-options", sha) as pieces:
        yield sha, pieces
