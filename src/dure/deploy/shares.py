"""Services: which share of each service's traffic goes to which version, in each environment."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from dure.ledger import Table, Work


class Service(Table):
    """One host name and where its requests go. Traffic is set from these rows and from nothing else."""

    __tablename__ = "deploy_service"
    __table_args__ = (UniqueConstraint("environment_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True, init=False)
    environment_id: Mapped[int] = mapped_column(ForeignKey("deploy_environment.id"))
    name: Mapped[str]
    host: Mapped[str]
    shares: Mapped[str] = mapped_column(Text, default="{}")
    """The percent of each version, as JSON: {"d12": 90, "d13": 10}."""

    @property
    def weights(self) -> dict[str, int]:
        return msgspec.json.decode(self.shares, type=dict[str, int])

    @weights.setter
    def weights(self, weights: Mapping[str, int]) -> None:
        self.shares = msgspec.json.encode(dict(weights)).decode()


def services_in(work: Work, environment_id: int) -> Sequence[Service]:
    query = select(Service).where(Service.environment_id == environment_id).order_by(Service.name)
    return work.session.scalars(query).all()


def share(work: Work, environment_id: int, hosts: Mapping[str, str], weights: Mapping[str, Mapping[str, int]]) -> None:
    """Give the services these weights, by name. Versions that are not mentioned are kept, with nothing."""
    known = {service.name: service for service in services_in(work, environment_id)}
    for name, wanted in weights.items():
        service = known.get(name)
        if service is None:
            service = work.add(Service(environment_id=environment_id, name=name, host=hosts[name]))
        service.host = hosts[name]
        service.weights = dict.fromkeys(service.weights, 0) | dict(wanted)


def drop(work: Work, environment_id: int, versions: Iterable[str]) -> None:
    """No service sends anything to these versions, or knows of them, any more."""
    gone = set(versions)
    for service in services_in(work, environment_id):
        if gone & set(service.weights):
            service.weights = {name: weight for name, weight in service.weights.items() if name not in gone}
