"""Unpacks a zip: `unpack.py ZIP DIRECTORY`. A name that leads out of the directory, and a link, is refused."""

import os
import stat
import sys
import zipfile
from functools import partial

tell = partial(print, flush=True)
FILES_MAX = 100_000
BYTES_MAX = 32 << 30


def main() -> int:
    source, target = sys.argv[1:]
    try:
        with zipfile.ZipFile(source) as zipped:
            entries = zipped.infolist()
            if why := fault(entries):
                tell(why)
                return 1
            for entry in entries:
                place(zipped, entry, target)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        tell(f"This is not a zip that can be read: {error}")
        return 1
    tell(f"Unpacked {len(entries)} files into {target}.")
    return 0


def fault(entries: list[zipfile.ZipInfo]) -> str | None:
    """Looked at before anything is written."""
    if len(entries) > FILES_MAX or sum(entry.file_size for entry in entries) > BYTES_MAX:
        return "The zip holds too much."
    for entry in entries:
        name = entry.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or "\0" in name:
            return f"The zip holds a name that leads out of its directory: {name!r}"
        if stat.S_ISLNK(entry.external_attr >> 16):
            return f"The zip holds a link, which is not unpacked: {name!r}"
    return None


def place(zipped: zipfile.ZipFile, entry: zipfile.ZipInfo, target: str) -> None:
    path = os.path.join(target, entry.filename)
    if entry.is_dir():
        os.makedirs(path, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if os.path.islink(path):
        os.unlink(path)
    left = entry.file_size
    with zipped.open(entry) as source, open(path, "wb") as sink:
        while piece := source.read(1 << 20):
            left -= len(piece)
            if left < 0:
                raise zipfile.BadZipFile("a file is larger than the zip says")
            sink.write(piece)
    mode = entry.external_attr >> 16 & 0o777
    if mode:
        os.chmod(path, mode | 0o600)


if __name__ == "__main__":
    sys.exit(main())
