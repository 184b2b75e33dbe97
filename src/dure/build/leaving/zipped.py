"""Logs of several jobs in one zip, made while it is being sent."""

import re
import zipfile
from collections.abc import Iterator, Sequence

from dure.build.leaving.log import Logs

NAME_CHARACTERS_MAX = 100
AWKWARD = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
FASTEST = 1


class Outlet:
    """What the zip is written to, and taken from a piece at a time."""

    def __init__(self) -> None:
        self.written = bytearray()

    def write(self, data: bytes) -> int:
        self.written += data
        return len(data)

    def flush(self) -> None:
        """Everything is there at once."""

    def take(self) -> bytes:
        taken = bytes(self.written)
        self.written.clear()
        return taken


def zipped_logs(logs: Logs, wanted: Sequence[tuple[int, int, str]]) -> Iterator[bytes]:
    """Of each job, its attempt and its name: one file of text in the order given. It reads files: not for a Work."""
    outlet = Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED, compresslevel=FASTEST) as packed:  # type: ignore[call-overload]
        for place, (job_id, attempt, name) in enumerate(wanted, 1):
            with packed.open(f"{place:03} {file_name(name)}.txt", "w", force_zip64=True) as file:
                for piece in logs.read(job_id, attempt, 0):
                    file.write(piece)
                    if taken := outlet.take():
                        yield taken
    yield outlet.take()


def file_name(name: str) -> str:
    """As each system may call a file."""
    return AWKWARD.sub(" ", name).strip(" .")[:NAME_CHARACTERS_MAX] or "job"
