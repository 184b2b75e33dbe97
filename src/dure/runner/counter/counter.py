"""The counter of one job: its server, its key, and what programs have to know to find it."""

import shutil
import socket
from collections.abc import Callable, Mapping

from dure.runner.counter.asking import Asking
from dure.runner.counter.door import HERE, Door
from dure.runner.counter.tokens import Stamp, words_of
from dure.runner.place import JobPlace
from dure.wire import JobOrder

NAME = "dure.localhost"
"""The clients of GitHub ask for artifacts only where the server is GitHub, or called something.localhost."""
FOLDER = "counter"
ID_TOKEN = "id-token"  # noqa: S105 - the name of a permission


class Counter:
    """Nothing runs before somebody asks for `environment`. `close` ends it, and everything that was under way."""

    def __init__(self, place: JobPlace, order: JobOrder) -> None:
        self.order = order
        self.root = place.path / FOLDER
        self.stamp = Stamp(str(order.run_id), str(order.job_id))
        self.asking = Asking(place)
        self.token = self.stamp.token()
        self.id_token = f"dure_id_{words_of(self.stamp.sign(ID_TOKEN))}" if may_identify(order) else ""
        self._door: Door | None = None

    @property
    def secrets(self) -> list[str]:
        """What must not stand in a log."""
        return [self.token, *([self.id_token] if self.id_token else [])]

    def environment(self) -> dict[str, str]:
        """The variables by which an action finds the counter. Those that begin with GITHUB_ are for every step."""
        port = self.port
        here = f"http://{HERE}:{port}"
        told = {
            "GITHUB_SERVER_URL": f"http://{NAME}:{port}",
            "GITHUB_API_URL": f"{here}/api/v3",
            "GITHUB_GRAPHQL_URL": f"{here}/api/graphql",
            "GITHUB_RETENTION_DAYS": str(self.order.artifact_days),
            "ACTIONS_RUNTIME_URL": f"{here}/",
            "ACTIONS_RUNTIME_TOKEN": self.token,
            "ACTIONS_RESULTS_URL": f"{here}/",
            "ACTIONS_CACHE_URL": f"{here}/",
            "ACTIONS_CACHE_SERVICE_V2": "true",
            "ACTIONS_ORCHESTRATION_ID": f"{self.order.run_id}.{self.order.key}.{self.order.attempt}",
        }
        if self.id_token:
            told["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{here}/identity?api-version=2.0"
            told["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = self.id_token
        return told

    @property
    def port(self) -> int:
        if self._door is None:
            self._door = Door(self.open_up)
        return self._door.port

    def open_up(self, listener: socket.socket) -> Callable[[], None]:
        """Somebody knocks."""
        from dure.runner.counter.artifacts import Artifacts  # noqa: PLC0415
        from dure.runner.counter.blocks import Uploads  # noqa: PLC0415
        from dure.runner.counter.caches import Caches  # noqa: PLC0415
        from dure.runner.counter.forward import Forward  # noqa: PLC0415
        from dure.runner.counter.serving import Server  # noqa: PLC0415

        self.root.mkdir(mode=0o700, exist_ok=True)
        uploads = Uploads(self.root)
        artifacts = Artifacts(self.asking, uploads, self.stamp, self.order.artifact_days)
        caches = Caches(self.asking, uploads, self.stamp)
        forward = Forward(house_of(self.order), f"http://{HERE}:{self.port}", self.asking.over)
        server = Server(listener, self.stamp, self.asking, uploads, artifacts, caches, self.id_token, forward)
        return server.handle_request

    def close(self) -> None:
        self.asking.over.set()
        door, self._door = self._door, None
        if door is not None:
            door.close()
        shutil.rmtree(self.root, ignore_errors=True)


def may_identify(order: JobOrder) -> bool:
    permissions: Mapping[str, str] = order.permissions
    return permissions.get(ID_TOKEN) == "write"


def house_of(order: JobOrder) -> str:
    """The address of the house: what its repositories' addresses begin with."""
    house, found, _ = order.repository_url.rpartition(f"/{order.project}.git")
    return house if found else ""
