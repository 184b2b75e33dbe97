"""One SHA-256 of files: `hash_files.py RESULT WORKSPACE PATTERN…`, as hashFiles() of workflow expressions has it.

It is the digest of the digests of all files that the patterns name, in the order of their paths; nothing when there
are none. Links are not followed, and nothing outside of the workspace is read.
"""

import glob
import hashlib
import os
import stat
import sys


def main() -> int:
    result, workspace, *patterns = sys.argv[1:]
    files: set[str] = set()
    for pattern in patterns:
        found = matching(workspace, pattern.removeprefix("!"))
        files = files - found if pattern.startswith("!") else files | found
    together = hashlib.sha256()
    for file in sorted(files):
        with open(file, "rb") as opened:
            together.update(hashlib.file_digest(opened, "sha256").digest())
    with open(result, "w", encoding="ascii") as answer:
        answer.write(together.hexdigest() if files else "")
    return 0


def matching(workspace: str, pattern: str) -> set[str]:
    found = glob.glob(os.path.join(workspace, pattern), recursive=True, include_hidden=True)
    kept = {os.path.normpath(path) for path in found}
    return {path for path in kept if path.startswith(workspace + "/") and stat.S_ISREG(os.lstat(path).st_mode)}


if __name__ == "__main__":
    sys.exit(main())
