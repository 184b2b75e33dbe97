"""A shop in production and in staging whose web is watched, and the pages of it, served without the other rooms."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp

from dure import deploy, monitor, people, plan
from dure.deploy import Deployment, DeploymentBegun, Environment, Placed, Service, WentLive
from dure.deploy.traffic import Counts
from dure.kit import now
from dure.ledger import HOUSE, House, Work
from dure.monitor import Away, Collector, LogRow, MetricRow, Store, Telemetry
from dure.monitor.latency import under_edges
from dure.monitor.routes import handlers, places, stages
from dure.people import Caller, Role
from dure.people import routes as people_routes
from dure.plan import Project
from dure.plan import routes as plan_routes
from dure.settings import Settings
from dure.shell import Assets, Frame, Guard, Panels, problems
from dure.shell import routes as shell_routes
from tests.plan.visitor import Visitor


@dataclass
class Traffic:
    """Counts that a test sets."""

    counts: dict[tuple[str, str], Counts] = field(default_factory=dict)

    def counters(self) -> Mapping[tuple[str, str], Counts]:
        return self.counts


@dataclass
class Site:
    house: House
    store: Store
    telemetry: Telemetry
    collector: Collector
    traffic: Traffic
    logs: Path
    ada: Caller
    gus: Caller
    """A guest: sees numbers, reads no logs."""
    shop: Project
    production: int
    """The id of the environment."""
    asgi: ASGIApp
    url: str = ""

    @contextmanager
    def signed_in(self, caller: Caller) -> Iterator[Visitor]:
        with Visitor.signed_in(self.url, self.house, caller) as visitor:
            yield visitor

    def cookie(self) -> str:
        def begin(work: Work) -> str:
            assert self.ada.person_id is not None
            return people.begin_session(work, self.ada.person_id, device="test", address="127.0.0.1").secret

        return self.house.write_now(self.ada, begin)

    def write(self, key: str, *lines: str) -> None:
        """What an instance says, as the platform keeps it."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
        with (self.logs / f"{key}.log").open("a") as log:
            log.writelines(f"{stamp}.{place % 1000:03d}Z {line}\n" for place, line in enumerate(lines))

    def serve(self, version: str, requests: int, errors: int = 0, edge: float = 10) -> None:
        """So many more requests were answered by this version of the web in production."""
        name = "web.production.shop.localhost", version
        before = self.traffic.counts.get(name, Counts())
        latency = dict(before.latency)
        latency[edge] = latency.get(edge, 0) + requests
        self.traffic.counts[name] = Counts(
            requests=before.requests + requests, errors=before.errors + errors, latency=tuple(latency.items())
        )

    def fill(self, minutes: int = 15) -> None:
        """A past: 1.4.0 answers 20 a second, 1.5.0 takes a share in the last third and fails more."""
        end = int(time.time())
        metrics: list[MetricRow] = []
        for second in range(end - minutes * 60, end):
            metrics.append(metric(self, second, "1.4.0", 20, second % 5 == 0, 28))
            if second > end - minutes * 20:
                metrics.append(metric(self, second, "1.5.0", 6, second % 2 == 0, 110))
        self.telemetry.put(metrics, [])
        lines = [
            LogRow(
                id=int((end - 500 + place) * 1_000_000),
                ts=end - 500 + place,
                project=self.shop.id,
                environment=self.production,
                service="web",
                version="1.5.0" if place % 3 else "1.4.0",
                instance="d2-web-0",
                stream="app",
                level=("error" if place % 40 == 0 else "warning" if place % 25 == 0 else "info"),
                body=f"GET /items/{place} 주문 <b>{'x' * (place % 90)}</b>",
            )
            for place in range(400)
        ]
        self.telemetry.put([], lines)
        self.telemetry.flush()


def metric(site: Site, second: int, version: str, requests: int, errors: int, edge: float) -> MetricRow:
    return MetricRow(
        ts=second,
        project=site.shop.id,
        environment=site.production,
        service="web",
        version=version,
        requests=requests,
        errors=int(errors),
        latency=under_edges([(edge, requests - 1), (edge * 4, 1)]),
    )


@contextmanager
def open_site(house: House, store: Store, folder: Path) -> Iterator[Site]:
    telemetry, traffic, logs = Telemetry(store), Traffic(), folder / "logs"
    logs.mkdir()
    collector = Collector(
        telemetry,
        lambda: house.read_now(HOUSE, deploy.running),
        traffic.counters,
        lambda key: logs / f"{key}.log",
        folder / "telemetry" / "tails.json",
    )
    ada, gus, shop, production = house.write_now(HOUSE, settle)
    site = Site(
        house,
        store,
        telemetry,
        collector,
        traffic,
        logs,
        ada,
        gus,
        shop,
        production,
        application(house, telemetry, folder),
    )
    telemetry.start()
    try:
        yield site
    finally:
        collector.stop()
        telemetry.stop()


def settle(work: Work) -> tuple[Caller, Caller, Project, int]:
    ada, gus = (people.caller_for(people.make_account(work, handle=name, name=name.title())) for name in ("ada", "gus"))
    shop = plan.make_project(work, owner="ada", name="shop", title="Shop")
    assert ada.person_id is not None
    assert gus.person_id is not None
    people.grant(work, shop.scope, ada.person_id, Role.OWNER)
    people.grant(work, shop.scope, gus.person_id, Role.GUEST)
    production = 0
    for position, name in enumerate(("staging", "production")):
        row = work.add(
            Environment(
                project_id=shop.id, name=name, position=position, way="automatic", is_production=name == "production"
            )
        )
        production = row.id
    for number, version in enumerate(("1.4.0", "1.5.0"), 1):
        made = work.add(deployment(shop, production, number, version))
        work.add(
            Placed(
                key=f"d{made.id}-web-0",
                environment_id=production,
                deployment_id=made.id,
                service="web",
                number=0,
                grace_seconds=1,
            )
        )
        told: dict[str, Any] = {
            "project": shop.id,
            "environment": "production",
            "production": True,
            "deployment": made.id,
            "number": number,
            "release": number,
            "version": version,
            "sha": "ab" * 20,
        }
        about = [shop.scope, made.ref, f"environment:{production}"]
        work.record(DeploymentBegun(**told, made_for="push"), about=about, within=shop.scope)
        if number == 1:
            row = work.session.get_one(Environment, production)
            row.live_id = made.id
            live = WentLive(**told, commits=("ab" * 20,), seconds=12.0, made_for="push")
            work.record(live, about=about, within=shop.scope)
    work.add(Service(environment_id=production, name="web", host="web.production.shop.localhost"))
    return ada, gus, shop, production


def deployment(shop: Project, environment: int, number: int, version: str) -> Deployment:
    return Deployment(
        project_id=shop.id,
        environment_id=environment,
        release_id=number,
        number=number,
        sha="ab" * 20,
        version=version,
        source="",
        app="{}",
        strategy="canary",
        made_for="push",
        made_by="house",
        made_by_name="dure",
        made_at=now(),
        phase="live" if number == 1 else "canary",
    )


def application(house: House, telemetry: Telemetry, folder: Path) -> ASGIApp:
    rooms = {"people": people, "plan": plan, "monitor": monitor}
    frame = Frame(
        pages={name: Path(str(room.__file__)).parent / "pages" for name, room in rooms.items()},
        assets=Assets.load(),
        places=[*plan_routes.places, *places],
        panels=Panels(),
        stages=[stages(telemetry)],
        remember=people_routes.remember,
    )
    settings = Settings(data=folder)
    state = State({"house": house, "frame": frame, "settings": settings, "telemetry": telemetry})
    app = Litestar(
        route_handlers=[*shell_routes.handlers, *people_routes.handlers, *plan_routes.handlers, *handlers],
        middleware=[people_routes.Authentication(house, settings)],
        exception_handlers=problems({Away: 503}),
        state=state,
        logging_config=None,
        openapi_config=None,
    )
    return Guard(app, public_url=None)
