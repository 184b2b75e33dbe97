"""Instances as plain processes of this machine, each under its shim.

    releases/DIGEST/    the files of a release, for reading only
    instances/KEY/      one instance: its order, its state, its log, its home, its secrets
    shim-DIGEST.py      what looks after them

Isolation, said honestly: when the house is root, services run as one unprivileged user who owns nothing but their
homes; otherwise they run as the house's own user. There is no namespace around them.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from dure.deploy.engines.readiness import ask
from dure.deploy.engines.unpacking import clear_halves, unpack
from dure.deploy.engines.watched import PATH, Order, Told, Watched, open_folder, place_shim
from dure.deploy.platform import GRACE_SECONDS, Instance, PlatformRefused, Ready, Seen, State
from dure.kit import Text, say

# A number that belongs to no package and to no person.
SERVICE_USER = 64739
PORTS = (20_000, 29_999)
LOG_BYTES_MAX = 10_000_000
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
DIGEST = re.compile(r"[0-9a-f]{64}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
ENVIRONMENT_BYTES_MAX = 100_000


def user_here() -> int | None:
    """As whom services run: a user of their own if the house may choose."""
    return SERVICE_USER if os.geteuid() == 0 else None


class Processes:
    """The platform of one machine. It keeps nothing in memory."""

    def __init__(
        self,
        folder: Path,
        ports: tuple[int, int] = PORTS,
        user: int | None = None,
        log_bytes_max: int = LOG_BYTES_MAX,
    ) -> None:
        self._folder = folder.resolve()
        self._ports = ports
        self._user = user_here() if user is None else user
        self._log_bytes_max = log_bytes_max
        self._instances = self._folder / "instances"
        open_folder(self._folder)
        open_folder(self._instances)
        clear_halves(self._folder / "releases")
        self._program = place_shim(self._folder)

    def prepare(self, digest: str, pieces: Iterable[bytes]) -> Path:
        name = digest.removeprefix("sha256:")
        if not DIGEST.fullmatch(name):
            raise PlatformRefused(say("A digest is written sha256: followed by 64 hexadecimal digits."))
        place = self._folder / "releases" / name
        if not place.exists():
            unpack(place, name, pieces)
        return place

    def start(self, instance: Instance) -> None:
        watched = self._watched(instance.key)
        if watched.wanted:
            watched.tend()
            return
        check(instance)
        open_folder(watched.folder)
        home, tmp = (self._own_folder(watched.folder / name) for name in ("home", "tmp"))
        secrets = self._write_secrets(watched.folder, instance)
        mark = hashlib.sha256(os.fsencode(watched.folder)).hexdigest()[:16] + "/" + instance.key
        watched.want(
            Order(
                mark=mark,
                command=instance.command,
                directory=str(instance.directory),
                environment={
                    "PATH": PATH,
                    "LANG": "C.UTF-8",
                    "HOME": str(home),
                    "TMPDIR": str(tmp),
                    **secrets,
                    **instance.variables,
                    "DURE_INSTANCE": mark,
                    "DURE_VERSION": instance.version,
                },
                user=self._user,
                ports=self._ports if instance.wants_port else None,
                grace_seconds=instance.grace_seconds,
                log_bytes_max=self._log_bytes_max,
            )
        )

    def look(self, key: str) -> Seen | None:
        watched = self._watched(key)
        told = watched.told()
        if told is None:
            return Seen(key=key, state="starting") if watched.exists else None
        return seen(key, told, watched.wanted)

    def all(self) -> list[Seen]:
        keys = sorted(entry.name for entry in os.scandir(self._instances) if KEY.fullmatch(entry.name))
        return [found for key in keys if (found := self.look(key))]

    def ready(self, key: str, path: str | None, timeout_seconds: float) -> Ready:
        found = self.look(key)
        if found is None or found.state != "running":
            return Ready(False, (found.why if found else None) or say("It does not run yet."))
        if found.port is None:
            return Ready(True, say("It runs."))
        return ask(found.port, path, timeout_seconds)

    def stop(self, key: str, grace_seconds: float | None = None) -> None:
        watched = self._watched(key)
        if not watched.wanted:
            watched.tend()
            return
        order = watched.order()
        ordered = order.grace_seconds if order else GRACE_SECONDS
        watched.stop(ordered if grace_seconds is None else grace_seconds)

    def forget(self, key: str) -> None:
        found = self.look(key)
        if found is not None and found.state != "stopped":
            raise PlatformRefused(say("{key} still runs; stop it first.", key=key))
        shutil.rmtree(self._watched(key).folder, ignore_errors=True)

    def log_path(self, key: str) -> Path:
        return self._watched(key).folder / "log"

    def tend(self) -> None:
        for entry in os.scandir(self._instances):
            if KEY.fullmatch(entry.name):
                self._watched(entry.name).tend()

    def _watched(self, key: str) -> Watched:
        if not KEY.fullmatch(key):
            raise PlatformRefused(say("{key} cannot be the key of an instance.", key=repr(key[:100])))
        return Watched(self._instances / key, self._program)

    def _own_folder(self, folder: Path) -> Path:
        """A folder of the service's own, that no other user can look into. It lies in a folder of ours, so it cannot be
        a link that the service made."""
        folder.mkdir(exist_ok=True, mode=0o700)
        if self._user is not None:
            os.chown(folder, self._user, self._user, follow_symlinks=False)
        return folder

    def _write_secrets(self, folder: Path, instance: Instance) -> dict[str, str]:
        place, named = folder / "secrets", dict[str, str]()
        shutil.rmtree(place, ignore_errors=True)
        if instance.secrets:
            self._own_folder(place)
        for name, value in instance.secrets.items():
            file = place / name
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as secret:
                secret.write(value.encode())
                if self._user is not None:
                    os.fchown(secret.fileno(), self._user, self._user)
            named[f"{name.upper()}_FILE"] = str(file)
        return named


def check(instance: Instance) -> None:
    """What no process can be started with is said now, not found by the shim later."""
    words = [*instance.command, *instance.variables, *instance.variables.values(), *instance.secrets]
    if not instance.command or any("\0" in word for word in words):
        raise PlatformRefused(say("The command of {service} cannot be run.", service=instance.service))
    for name in (*instance.variables, *instance.secrets):
        if not VARIABLE.fullmatch(name):
            raise PlatformRefused(say("{name} cannot be the name of a variable.", name=repr(name[:100])))
    if sum(map(len, words)) > ENVIRONMENT_BYTES_MAX:
        raise PlatformRefused(say("The variables of {service} are too large.", service=instance.service))


def seen(key: str, told: Told, wanted: bool) -> Seen:
    """What the shim wrote, in the words of the port, and corrected where it could not write any more."""
    state: State
    if told.looked_after:
        state = "running" if told.state == "stopping" else told.state
    elif told.lives or not (wanted or told.state == "stopped"):
        # Its shim was killed. It is over only when the next shim has ended what is left.
        state = "running"
    else:
        state = "starting" if wanted else "stopped"
    if state == "stopped" and wanted:
        state = "starting"
    running = state == "running"
    return Seen(
        key=key,
        state=state,
        pid=told.pid if running else None,
        port=told.port,
        restarts=told.restarts,
        exit_code=told.exit_code,
        since=told.since,
        why=None if running else why(told),
    )


def why(told: Told) -> Text | None:
    if told.why == "no_port":
        return say("No port is free for it.")
    reason, _, detail = told.why.partition(": ")
    if reason == "cannot_start":
        return say("Its command cannot be started: {why}.", why=detail)
    if told.why != "ended" or told.exit_code is None:
        return None
    if told.exit_code < 0:
        return say("Its process was ended by signal {number}.", number=-told.exit_code)
    return say("Its process ended with code {code}.", code=told.exit_code)
