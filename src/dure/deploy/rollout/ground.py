"""The ground on which instances stand: platform and traffic, brought in line with the tables."""

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from dure.deploy.appfile import ServiceFile
from dure.deploy.deployment import Deployment
from dure.deploy.environment import Environment
from dure.deploy.instance import Placed, wanted
from dure.deploy.platform import Instance, Platform, Seen
from dure.deploy.shares import Service
from dure.deploy.traffic import Route, Traffic, TrafficRefused
from dure.kit import Missing, Refused, Text, mask, say
from dure.ledger import HOUSE, Hands, Work
from dure.plan import project_of
from dure.storage import Blobs
from dure.vault import Keyring, lend

log = logging.getLogger(__name__)

HOME = "127.0.0.1"
ENV_FILE_BYTES_MAX = 256 * 1024
LAST_LINES = 8
LAST_BYTES = 4000


class CannotStand(Refused):
    """An instance cannot be started as its release wants it."""


@dataclass(eq=False)
class Ground:
    """The two ports, and what is needed to use them."""

    platform: Platform
    traffic: Traffic
    blobs: Blobs
    keys: Keyring
    listen: str = "127.0.0.1:8480"
    """Where the traffic listens: told to services, so that they reach each other."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    carried: bool = False
    """Whether this house has seen to it that something carries the traffic."""
    refusal: Text | None = None
    """Why the traffic did not take its routes the last time."""

    def lay_out(self, row: Deployment) -> Path:
        """The files of the release, unpacked once."""
        return self.platform.prepare(row.source.removeprefix("sha256:"), self.blobs.read(row.source))

    def stand(self, hands: Hands, row: Deployment, placed: Iterable[Placed]) -> None:
        """Start those of one deployment that should run and do not."""
        for each in placed:
            seen = self.platform.look(each.key)
            if each.is_wanted and (seen is None or seen.state == "stopped"):
                self.platform.start(self.order(hands, row, each))

    def order(self, hands: Hands, row: Deployment, placed: Placed) -> Instance:
        """Everything that the platform has to know of one instance."""
        root = self.lay_out(row)
        service = next(each for each in row.app_file.services if each.name == placed.service)
        place = hands.read_now(HOUSE, lambda work: work.session.get_one(Environment, row.environment_id))
        project = hands.read_now(HOUSE, lambda work: project_of(work, row.project_id))
        given = {
            "DURE_PROJECT": project.name,
            "DURE_ENVIRONMENT": place.name,
            "DURE_SERVICE": service.name,
            "DURE_RELEASE": row.version,
            "DURE_COMMIT": row.sha,
            "DURE_TRAFFIC": self.listen,
        }
        return Instance(
            key=placed.key,
            project=row.project_id,
            environment=place.name,
            service=service.name,
            version=row.version_key,
            command=service.command,
            directory=within(root, service.working_dir),
            variables=given | from_files(root, service) | service.variables,
            secrets=self.secrets(hands, row, service, placed),
            wants_port=service.port,
            grace_seconds=service.grace_seconds,
        )

    def secrets(self, hands: Hands, row: Deployment, service: ServiceFile, placed: Placed) -> Mapping[str, str]:
        if not service.secrets:
            return {}
        scope = f"project:{row.project_id}"

        def borrow(work: Work) -> dict[str, str]:
            lent = lend(work, self.keys, scope, service.secrets, to=f"instance:{placed.id}")
            return {name: each.text() for name, each in lent.items()}

        return hands.write_now(HOUSE, borrow)

    def route(self, hands: Hands) -> bool:
        """Make the routes what the tables say. False when the traffic does not take them now; it will."""
        with self.lock:
            services, placed = hands.read_now(HOUSE, everything_wanted)
            seen = {each.key: each for each in self.platform.all()}
            routes = routes_of(services, placed, seen)
            try:
                if not self.carried:
                    if not routes and not self.traffic.alive():
                        # Nothing to route and nobody to tell: an empty house carries no traffic.
                        return True
                    self.traffic.start()
                    self.carried = True
                self.traffic.apply(routes)
            except TrafficRefused as refused:
                log.warning("the traffic does not take its routes: %s", refused)
                self.refusal = refused.text
                return False
            return True

    def last_words(self, hands: Hands, row: Deployment, service: ServiceFile, placed: Placed) -> str:
        """What an instance printed last, without the secrets that it was lent."""
        try:
            with self.platform.log_path(placed.key).open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - LAST_BYTES))
                said = file.read(LAST_BYTES)
        except OSError:
            return ""
        try:
            said = b"".join(mask([said], self.secrets(hands, row, service, placed).values()))
        except (Refused, Missing):
            # A secret was taken away meanwhile: what it was is not known, so nothing is shown.
            return ""
        return "\n".join(said.decode(errors="replace").replace("\x00", "").splitlines()[-LAST_LINES:])


def everything_wanted(work: Work) -> tuple[list[Service], list[Placed]]:
    services = work.session.scalars(select(Service).order_by(Service.id)).all()
    return list(services), list(wanted(work))


def routes_of(services: Iterable[Service], placed: Sequence[Placed], seen: Mapping[str, Seen]) -> list[Route]:
    """One for each host. A name that two services claim belongs to the one that had it first."""
    found: dict[str, Route] = {}
    for service in services:
        route = route_of(service, placed, seen)
        if route is not None:
            found.setdefault(route.host, route)
    return list(found.values())


def route_of(service: Service, placed: Iterable[Placed], seen: Mapping[str, Seen]) -> Route | None:
    weights = service.weights
    if not weights:
        return None
    upstreams: dict[str, list[tuple[str, int]]] = {version: [] for version in weights}
    for each in placed:
        found = seen.get(each.key)
        version = f"d{each.deployment_id}"
        serves = each.service == service.name and version in upstreams
        if serves and found is not None and found.state == "running" and found.port is not None:
            upstreams[version].append((HOME, found.port))
    return Route(host=service.host, service=service.name, weights=weights, upstreams=upstreams)


def within(root: Path, part: str) -> Path:
    """A path of the release that stays in it, also when the release holds links."""
    found = (root / part).resolve()
    if not found.is_relative_to(root.resolve()):
        raise CannotStand(say("{path} leads out of the release.", path=part))
    if not found.exists():
        raise CannotStand(say("There is no {path} in the release.", path=part))
    return found


def from_files(root: Path, service: ServiceFile) -> dict[str, str]:
    """The variables of its env files: NAME=value on each line; later files win."""
    found: dict[str, str] = {}
    for name in service.env_files:
        path = within(root, name)
        if not path.is_file() or path.stat().st_size > ENV_FILE_BYTES_MAX:
            raise CannotStand(say("{path} cannot be read as a file of variables.", path=name))
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            words = line.strip().removeprefix("export ")
            if not words or words.startswith("#"):
                continue
            variable, is_set, value = words.partition("=")
            if not is_set or not variable.strip().isidentifier() or "\x00" in value:
                raise CannotStand(bad_line(name, number))
            found[variable.strip()] = unquoted(value.strip())
    return found


def bad_line(path: str, number: int) -> Text:
    return say("{path}, line {line}: a line is NAME=value.", path=path, line=number)


def unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value
