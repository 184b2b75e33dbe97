"""Packs files into a zip: `pack.py ZIP LEVEL plain|hidden PATTERN…`, patterns as actions/upload-artifact knows them.

A line that begins with `!` takes files out again. Names in the zip begin below the deepest directory that all patterns
share. Links are not followed and not packed: what they point to may be anything by the time somebody unpacks it.
"""

import glob
import os
import re
import stat
import sys
import time
import zipfile
from functools import partial

tell = partial(print, flush=True)
FILES_MAX = 100_000
NOTHING_FOUND = 66
MAGIC = re.compile(r"[*?\[]")


def main() -> int:
    target, level, manner, *patterns = sys.argv[1:]
    hidden = manner == "hidden"
    wanted = [whole(pattern) for pattern in patterns if not pattern.startswith("!")]
    unwanted = {
        found for pattern in patterns if pattern.startswith("!") for found in files_of(whole(pattern[1:]), True)
    }
    files = sorted({file for pattern in wanted for file in files_of(pattern, hidden)} - unwanted)
    if not files:
        return NOTHING_FOUND
    if len(files) > FILES_MAX:
        tell(f"More than {FILES_MAX} files: pack them into one first.")
        return 1
    root = root_of(wanted, files)
    size = left_out = 0
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED, compresslevel=int(level)) as zipped:
        for file in files:
            # Somebody may change the files meanwhile: each is opened once and taken as it is then.
            try:
                handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError as error:
                tell(f"{file} is left out: {error.strerror}.")
                left_out += 1
                continue
            with open(handle, "rb") as source:
                status = os.fstat(source.fileno())
                made = max(time.localtime(status.st_mtime)[:6], (1980, 1, 1, 0, 0, 0))
                entry = zipfile.ZipInfo(os.path.relpath(file, root), made)
                entry.external_attr = (status.st_mode & 0xFFFF) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED if level != "0" else zipfile.ZIP_STORED
                # No more than there was: a file that grows all the time would never end.
                left = status.st_size
                with zipped.open(entry, "w", force_zip64=True) as sink:
                    while left > 0 and (piece := source.read(min(left, 1 << 20))):
                        left -= len(piece)
                        size += len(piece)
                        sink.write(piece)
    tell(f"Packed {len(files) - left_out} files, {size} bytes; {os.path.getsize(target)} bytes as a zip.")
    return 0


def whole(pattern: str) -> str:
    if pattern.startswith("~/"):
        pattern = os.environ.get("HOME", "/") + pattern[1:]
    return os.path.normpath(os.path.join(os.getcwd(), pattern))


def files_of(pattern: str, hidden: bool) -> list[str]:
    """The files that a pattern names, and those below the directories that it names."""
    found: list[str] = []
    for path in glob.glob(pattern, recursive=True, include_hidden=hidden) if MAGIC.search(pattern) else [pattern]:
        if is_kind(path, stat.S_ISREG):
            found.append(path)
        elif is_kind(path, stat.S_ISDIR):
            found += below(path, hidden)
    return found


def below(top: str, hidden: bool) -> list[str]:
    found = []
    for directory, directories, names in os.walk(top):
        if not hidden:
            directories[:] = [name for name in directories if not name.startswith(".")]
        for name in names:
            path = os.path.join(directory, name)
            if (hidden or not name.startswith(".")) and is_kind(path, stat.S_ISREG):
                found.append(path)
    return found


def is_kind(path: str, kind: object) -> bool:
    try:
        return bool(kind(os.lstat(path).st_mode))  # type: ignore[operator]
    except OSError:
        return False


def root_of(patterns: list[str], files: list[str]) -> str:
    """Of one directory its insides, of one file its name, of more what they share."""
    starts = []
    for pattern in patterns:
        fixed = pattern
        while MAGIC.search(fixed):
            fixed = os.path.dirname(fixed)
        starts.append(fixed if os.path.isdir(fixed) else os.path.dirname(fixed))
    root = os.path.commonpath(starts)
    return root if all(os.path.commonpath([root, file]) == root for file in files) else os.path.commonpath(files)


if __name__ == "__main__":
    sys.exit(main())
