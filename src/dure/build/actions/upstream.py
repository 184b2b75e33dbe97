"""Actions from somewhere else, by git. A place that did not answer is left in peace for a while."""

import logging
import shutil
import socket
import tempfile
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from dure.build.actions.packing import Tree, kept, packed
from dure.build.actions.uses import UsesWords
from dure.code import GitFailed, fetched_tree
from dure.kit import Invalid, Refused, say
from dure.storage import Blobs

log = logging.getLogger(__name__)

CONNECT_SECONDS_MAX = 3.0
FETCHES_AT_ONCE = 4
LEFT_IN_PEACE_SECONDS = 300.0
PORTS = {"https": 443, "http": 80}


class Upstream:
    """The place that the setting `actions_upstream` names. Made once; it may be asked from many threads."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._until = 0.0
        self._lock = threading.Lock()
        # Its own threads: however slow it is up there, nobody waits for it but those who want something from there.
        self._pool = ThreadPoolExecutor(FETCHES_AT_ONCE, "upstream")
        self._under_way: dict[str, Future[Tree]] = {}

    def fetch(self, blobs: Blobs, words: UsesWords) -> Future[Tree]:
        """The tree that these words stand for up there. Of many who want the same at once, one fetches it."""
        with self._lock:
            if (there := self._under_way.get(str(words))) is not None:
                return there
            mine = self._under_way[str(words)] = self._pool.submit(self._fetch, blobs, words)
        mine.add_done_callback(lambda _: self._under_way.pop(str(words)))
        return mine

    def fetch_from(self, blobs: Blobs, url: str, ref: str) -> Future[Tree]:
        """The same from any other place."""
        return self._pool.submit(from_git, blobs, url, ref)

    def _fetch(self, blobs: Blobs, words: UsesWords) -> Tree:
        if not self.url:
            raise unknown(words)
        if time.monotonic() < self._until or not self._answers():
            raise OutOfReach(words, self.url)
        try:
            return from_git(blobs, f"{self.url}/{words.name}", words.ref)
        except GitFailed as problem:
            log.warning("%s: %s", words, problem)
            raise not_found(words, self.url, str(problem)) from problem

    def _answers(self) -> bool:
        parts = urlsplit(self.url)
        address = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 443)
        try:
            socket.create_connection(address, CONNECT_SECONDS_MAX).close()
        except OSError:
            self._until = time.monotonic() + LEFT_IN_PEACE_SECONDS
            return False
        return True


class OutOfReach(Invalid):
    """It does not answer. What was fetched from there before is used as long as that lasts."""

    def __init__(self, words: UsesWords, url: str) -> None:
        super().__init__(
            {
                "uses": say(
                    "The action {uses} is not in this house, and {url} does not answer. An admin can keep it: "
                    "dure actions keep {uses} ARCHIVE.",
                    uses=str(words),
                    url=url,
                )
            }
        )


def from_git(blobs: Blobs, url: str, ref: str) -> Tree:
    """The files of one commit of any repository that git can reach."""
    scratch = Path(tempfile.mkdtemp(prefix="dure-action-"))
    try:
        with fetched_tree(scratch / "it.git", url, ref) as (sha, pieces):
            return kept(blobs, packed(pieces), sha)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def unknown(words: UsesWords) -> Refused:
    return Invalid(
        {
            "uses": say(
                "The action {uses} is neither a project of this house nor kept here. An admin can keep it: "
                "dure actions keep {uses} ARCHIVE.",
                uses=str(words),
            )
        }
    )


def not_found(words: UsesWords, url: str, why: str) -> Refused:
    return Invalid(
        {
            "uses": say(
                "The action {uses} is not in this house, and {url} does not give it: {why}",
                uses=str(words),
                url=url,
                why=why[-300:],
            )
        }
    )
