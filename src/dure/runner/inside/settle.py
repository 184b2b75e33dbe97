"""Moves what was handed over to its place: `settle.py FOLDER DIRECTORY instead|beside`.

`instead` takes away what lies in the directory, `beside` only what is in the way.
"""

import os
import shutil
import sys


def main() -> int:
    source, target, manner = sys.argv[1:]
    os.makedirs(target, exist_ok=True)
    if manner == "instead":
        for name in os.listdir(target):
            drop(os.path.join(target, name))
    settle(source, target)
    shutil.rmtree(source, ignore_errors=True)
    return 0


def settle(source: str, target: str) -> None:
    for name in os.listdir(source):
        here, there = os.path.join(source, name), os.path.join(target, name)
        if is_directory(here) and is_directory(there):
            settle(here, there)
            continue
        if os.path.lexists(there):
            drop(there)
        os.rename(here, there)


def is_directory(path: str) -> bool:
    return os.path.isdir(path) and not os.path.islink(path)


def drop(path: str) -> None:
    if is_directory(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


if __name__ == "__main__":
    sys.exit(main())
