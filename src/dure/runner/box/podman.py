"""Podman: where it keeps things, as whom it is called, and the words that it is called with."""

import base64
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from dure.kit import Ran, Refused, digest, run, say
from dure.runner.box.spec import Spec
from dure.runner.place import remove
from dure.runner.sandbox import SYSTEM_PATH, User

PULL_SECONDS_MAX = 1800.0
ASK_SECONDS_MAX = 120.0
LABEL = "dure.job"
STORE_CHARACTERS = 12
BUILT = "localhost/built-for-"
"""What the images begin with that a job has built."""
PASSED_ON = ("CONTAINERS_CONF", "CONTAINERS_REGISTRIES_CONF", "https_proxy", "http_proxy", "no_proxy")
STORAGE = """[storage]
driver = "overlay"
graphroot = "{home}/storage"
runroot = "{home}/run/containers"
[storage.options]
ignore_chown_errors = "true"
"""


class NoPodman(Refused):
    """Podman is not here, or does not work."""


class PodmanFailed(Refused):
    """Podman could not do it; what it said is in the sentence."""


@dataclass(frozen=True)
class Podman:
    """Called as the job's user. Where the runner is root, it keeps images in the runner's directory."""

    program: str
    home: Path
    user: User

    def environment(self) -> dict[str, str]:
        told = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        if os.geteuid() != 0:
            own = ("HOME", "XDG_RUNTIME_DIR", "PATH", "TMPDIR", "CONTAINERS_STORAGE_CONF")
            return {**told, **{name: os.environ[name] for name in own if name in os.environ}}
        return {
            **told,
            "PATH": SYSTEM_PATH,
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": f"{self.home}/run",
            "TMPDIR": f"{self.home}/tmp",  # noqa: S108 - a directory of ours
            "CONTAINERS_STORAGE_CONF": str(self.settings),
        }

    @property
    def settings(self) -> Path:
        return self.home.with_name(f"{self.home.name}.conf")

    @property
    def as_user(self) -> int | None:
        return self.user.uid if os.geteuid() == 0 else None

    def furnish(self) -> None:
        """A place of its own for images, where the runner is root. Once it is the user's, root writes nothing there."""
        if os.geteuid() != 0:
            return
        self.settings.write_text(STORAGE.format(home=self.home))
        self.settings.chmod(0o644)
        if self.home.exists():
            return
        fresh = Path(mkdtemp(prefix=f"{self.home.name}.", dir=self.home.parent))
        for path in (fresh / "run", fresh / "tmp", fresh / "storage", fresh):
            path.mkdir(mode=0o700, exist_ok=True)
            os.chown(path, self.user.uid, self.user.gid)
        try:
            fresh.rename(self.home)
        except OSError:  # Another job was quicker.
            remove(fresh)

    def ask(self, *words: str, timeout_seconds: float = ASK_SECONDS_MAX) -> Ran:
        return run(
            [self.program, *words],
            timeout_seconds=timeout_seconds,
            environment=self.environment(),
            user=self.as_user,
        )

    def do(self, *words: str, timeout_seconds: float = ASK_SECONDS_MAX) -> str:
        """What it answers. It must do it."""
        ran = self.ask(*words, timeout_seconds=timeout_seconds)
        if not ran.well:
            why = " ".join((ran.err or ran.out).split())[-500:] or f"exit code {ran.code}"
            raise PodmanFailed(say("podman {word} failed: {why}", word=words[0], why=why))
        return ran.out.strip()

    def sweep(self, job: str) -> None:
        """Nothing of this job's is left running."""
        left = self.ask("ps", "--all", "--quiet", "--filter", f"label={LABEL}={job}").out.split()
        # Whoever lent its network goes last, with all that borrow it.
        if left:
            self.ask("rm", "--force", "--volumes", "--time", "0", "--depend", *left)
        volumes = [name for name in self.ask("volume", "ls", "--quiet").out.split() if name.startswith(f"{job}_")]
        if volumes:
            self.ask("volume", "rm", "--force", *volumes)
        images = self.ask("images", "--format", "{{.Repository}}:{{.Tag}}").out.split()
        built = [name for name in images if name.startswith(f"{BUILT}{job}-")]
        if built:
            self.ask("rmi", "--force", *built)


def podman_for(workshop: Path, user: User, project: str) -> Podman:
    """Each project has images of its own: what one may fetch with its password, others may not find here."""
    made = Podman(program(), stores(workshop) / digest(project)[:STORE_CHARACTERS], user)
    made.furnish()
    return made


def program() -> str:
    found = shutil.which("podman", path=f"{SYSTEM_PATH}:{os.environ.get('PATH', '')}")
    if found is None:
        raise NoPodman(say("This runner has no podman, so it cannot run containers. Install podman on it."))
    return found


def stores(workshop: Path) -> Path:
    """Passable for the jobs' user, whose own each store is."""
    place = workshop / "containers"
    place.mkdir(mode=0o711, exist_ok=True)
    return place


def sign_in_file(spec: Spec) -> str:
    """What podman reads to sign in to a registry."""
    first = spec.image.split("/", 1)[0]
    registry = first if "." in first or ":" in first else "docker.io"
    words = base64.b64encode(f"{spec.user}:{spec.password}".encode()).decode()
    return json.dumps({"auths": {registry: {"auth": words}}})


def variables_file(variables: Mapping[str, str]) -> str:
    """The form of podman's --env-file, which has no way to write a line's end."""
    return "".join(f"{name}={value}\n" for name, value in variables.items() if "\n" not in value)


def create_argv(
    spec: Spec,
    *,
    name: str,
    job: str,
    network: Sequence[str],
    room: tuple[Path, str] | None,
    variables: Path | None,
    keep_alive: bool = False,
) -> list[str]:
    """The words that make a container and start it. `keep_alive`: it does nothing itself, steps come into it.

    Without --rm, since podman would ask its events how it ended, and not everybody keeps events.
    """
    argv = ["run", "--name", name, "--label", f"{LABEL}={job}", "--detach", "--pull", "never", *network]
    if room is not None:
        argv += ["--volume", f"{room[0]}:{room[1]}", "--workdir", f"{room[1]}/work"]
    for volume in spec.volumes:
        argv += ["--volume", f"{job}_{volume}"]
    if variables is not None:
        argv += ["--env-file", str(variables)]
    argv += spec.options
    if keep_alive:
        return [*argv, "--entrypoint", "tail", spec.image, "-f", "/dev/null"]
    if spec.entrypoint:
        argv += ["--entrypoint", json.dumps(list(spec.entrypoint))]
    return [*argv, spec.image, *spec.command]


def sweep_up(workshop: Path, user: User, job: str) -> None:
    """What a supervisor that was killed has left running, whichever project it was for."""
    kept = [path for path in stores(workshop).iterdir() if path.is_dir()]
    for home in kept if os.geteuid() == 0 else [workshop]:
        Podman(program(), home, user).sweep(job)
