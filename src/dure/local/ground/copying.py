"""The working copy, as it lies, in a place of a job's own: a job must never be able to change what the person works on.

Files are cloned where the file system can do that, else copied; never linked, because a job may write into them. Git's
history is not copied at all: the copy's own `.git` points to the objects of the original, which the job's sandbox shows
read-only, so all of it is there however long it is.
"""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from dure.kit import say
from dure.local.ground.working_copy import Git, GitSaysNo, Ground, git_lists, git_says
from dure.runner import User

CLONE = 0x40049409
"""FICLONE: the copy shares the blocks of the original until one of them is written."""
PIECE_BYTES = 1 << 20
NOT_COPIED = {".git"}


def bring(ground: Ground, target: Path, user: User) -> None:
    """All files of the working copy that git does not ignore, with a `.git` beside them."""
    target.mkdir(mode=0o755, exist_ok=True)
    for path in files_of(ground):
        copy(ground.root / path, target / path, target)
    if ground.git is not None:
        lay_git(ground.git, ground, target / ".git")
    give_all(target, user)


def bring_commit(ground: Ground, ref: str, target: Path, user: User) -> None:
    """The files of another commit of the same repository."""
    if ground.git is None:
        raise GitSaysNo(say("There is no {ref} here: {folder} is no repository.", ref=ref, folder=ground.root))
    names = (ref, f"refs/heads/{ref}", f"refs/remotes/origin/{ref}")
    found = (
        git_says(ground.root, "rev-parse", "-q", "--verify", f"{name}^{{commit}}", may_fail=True) for name in names
    )
    sha = next((name.strip() for name in found if name.strip()), None)
    if sha is None:
        raise GitSaysNo(say("There is no {ref} in {folder}.", ref=ref, folder=ground.root))
    target.mkdir(mode=0o755, exist_ok=True)
    lay_git(ground.git, replace(ground, sha=sha, ref=sha), target / ".git")
    (target / ".git/index").unlink(missing_ok=True)
    git_says(target, "-c", f"safe.directory={target}", "reset", "--quiet", "--hard", sha)
    give_all(target, user)


def files_of(ground: Ground) -> Iterator[str]:
    if ground.git is None:
        yield from files_below(ground.root)
    else:
        yield from known_to_git(ground.root)


def known_to_git(root: Path) -> Iterator[str]:
    """Tracked files and those that would be; of repositories inside (submodules), whatever lies there now."""
    for path in git_lists(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"):
        place = root / path
        if place.is_dir() and not place.is_symlink():
            if (place / ".git").exists():
                yield from (f"{path.rstrip('/')}/{inner}" for inner in known_to_git(place))
        elif os.path.lexists(place):
            yield path


def files_below(root: Path) -> Iterator[str]:
    for directory, directories, names in os.walk(root):
        directories[:] = [name for name in directories if name not in NOT_COPIED]
        inside = os.path.relpath(directory, root)
        links = [name for name in directories if os.path.islink(os.path.join(directory, name))]
        for name in (*names, *links):
            yield os.path.normpath(os.path.join(inside, name))


def copy(source: Path, target: Path, top: Path) -> None:
    """One file or link. What is neither (a socket, a device) has no place in a job. What vanished meanwhile is gone."""
    with suppress(FileNotFoundError):
        known = source.lstat()
        if not target.parent.is_dir():
            make_directories(target.parent, top)
        if stat.S_ISLNK(known.st_mode):
            target.symlink_to(source.readlink())
        elif stat.S_ISREG(known.st_mode):
            copy_file(source, target)
            os.chmod(target, stat.S_IMODE(known.st_mode) | stat.S_IRUSR | stat.S_IWUSR)
            os.utime(target, ns=(known.st_atime_ns, known.st_mtime_ns))


def make_directories(place: Path, top: Path) -> None:
    if place != top and not place.is_dir():
        make_directories(place.parent, top)
        place.mkdir(mode=0o755, exist_ok=True)


def copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as opened, target.open("wb") as fresh:
        try:
            fcntl.ioctl(fresh.fileno(), CLONE, opened.fileno())
        except OSError:
            shutil.copyfileobj(opened, fresh, PIECE_BYTES)


def lay_git(git: Git, ground: Ground, place: Path) -> None:
    """A git directory that knows what the original knows, and whose changes stay its own."""
    for inner in ("objects/info", "refs/heads", "refs/tags"):
        (place / inner).mkdir(parents=True)
    (place / "objects/info/alternates").write_text(f"{git.objects}\n")
    (place / "HEAD").write_text(f"ref: {ground.ref}\n" if ground.ref.startswith("refs/") else f"{ground.sha}\n")
    (place / "config").write_text(config_of(git))
    for name in ("packed-refs", "shallow"):
        if (git.shared / name).is_file():
            shutil.copyfile(git.shared / name, place / name)
    if (git.own / "index").is_file():
        shutil.copyfile(git.own / "index", place / "index")
    for kind in ("heads", "tags", "remotes"):
        if (git.shared / "refs" / kind).is_dir():
            shutil.copytree(git.shared / "refs" / kind, place / "refs" / kind, dirs_exist_ok=True)
    if (git.shared / "reftable").is_dir():
        shutil.copytree(git.shared / "reftable", place / "reftable")


def config_of(git: Git) -> str:
    lines = ["[core]", f"\trepositoryformatversion = {git.configured.get('core.repositoryformatversion', '0')}"]
    lines += ["\tfilemode = true", "\tbare = false"]
    extensions = {name: value for name, value in git.configured.items() if name.startswith("extensions.objectformat")}
    extensions |= {name: value for name, value in git.configured.items() if name.startswith("extensions.refstorage")}
    if extensions:
        lines += ["[extensions]", *(f"\t{name.partition('.')[2]} = {value}" for name, value in extensions.items())]
    if url := git.configured.get("remote.origin.url"):
        lines += ['[remote "origin"]', f'\turl = "{quoted(url)}"', "\tfetch = +refs/heads/*:refs/remotes/origin/*"]
    return "\n".join(lines) + "\n"


def quoted(words: str) -> str:
    return words.replace("\\", "\\\\").replace('"', '\\"')


def give_all(top: Path, user: User) -> None:
    """Where we are root, the job is somebody else."""
    if os.geteuid() != 0:
        return
    os.chown(top, user.uid, user.gid)
    for directory, directories, names in os.walk(top):
        for name in (*directories, *names):
            os.chown(os.path.join(directory, name), user.uid, user.gid, follow_symlinks=False)
