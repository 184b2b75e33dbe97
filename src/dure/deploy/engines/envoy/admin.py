"""Questions to Envoy, through the socket in its folder that only its user and root can open."""

import http.client
import os
import socket
from pathlib import Path

import msgspec

from dure.deploy.engines.envoy.configuration import PREFIX
from dure.deploy.traffic import Counts

ASK_SECONDS = 2.0
CDS = "cluster_manager.cds.version_text"
RDS = "http.visitors.rds.routes.version_text"


class Silent(Exception):
    """Envoy does not answer: it is being started, or it is dead."""


class Bucket(msgspec.Struct):
    upper_bound: float
    cumulative: int


class Histogram(msgspec.Struct):
    name: str
    buckets: list[Bucket]


class Stat(msgspec.Struct):
    """A counter or gauge with a name and a value, or the one entry that holds all histograms."""

    name: str = ""
    value: int | str = 0
    histograms: list[Histogram] = []


class Stats(msgspec.Struct):
    stats: list[Stat]


class Connection(http.client.HTTPConnection):
    """HTTP over a socket with a path. The path goes by the number of its folder, for it may be too long itself."""

    def __init__(self, folder: Path) -> None:
        super().__init__("envoy", timeout=ASK_SECONDS)
        self._folder = folder

    def connect(self) -> None:
        place = os.open(self._folder, os.O_PATH | os.O_DIRECTORY)
        try:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.settimeout(self.timeout)
            self.sock.connect(f"/proc/self/fd/{place}/admin")
        finally:
            os.close(place)


def ask(folder: Path, path: str) -> bytes:
    connection = Connection(folder)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        raise Silent(str(error)) from error
    finally:
        connection.close()


def lives(folder: Path) -> bool:
    try:
        return ask(folder, "/ready").startswith(b"LIVE")
    except Silent:
        return False


def stats(folder: Path, query: str) -> list[Stat]:
    try:
        return msgspec.json.decode(ask(folder, f"/stats?format=json&{query}"), type=Stats).stats
    except msgspec.DecodeError as error:
        raise Silent(str(error)) from error


def versions(folder: Path) -> dict[str, str]:
    """Which version of each thing it was told is at work now."""
    return {stat.name: str(stat.value) for stat in stats(folder, "type=TextReadouts")}


def eds(cluster: str) -> str:
    return f"cluster.{cluster}.version_text"


def counts(folder: Path) -> dict[str, Counts]:
    """What Envoy counted since it began, by the name of the cluster."""
    numbers: dict[str, dict[str, int]] = {}
    latencies: dict[str, tuple[tuple[float, int], ...]] = {}
    for stat in stats(folder, rf"filter=^cluster\.{PREFIX}&histogram_buckets=disjoint"):
        for histogram in stat.histograms:
            latencies[histogram.name.split(".")[1]] = tuple(
                (bucket.upper_bound, bucket.cumulative) for bucket in histogram.buckets if bucket.cumulative
            )
        if stat.name and isinstance(stat.value, int):
            _, cluster, what = stat.name.split(".")
            numbers.setdefault(cluster, {})[what] = stat.value
    return {
        cluster: Counts(
            requests=found.get("upstream_rq_completed", 0),
            errors=found.get("upstream_rq_5xx", 0),
            latency=latencies.get(cluster, ()),
            active=found.get("upstream_rq_active", 0),
        )
        for cluster, found in numbers.items()
    }
