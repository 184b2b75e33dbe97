"""One question to an instance, as its visitors would ask."""

import http.client
import socket

from dure.deploy.platform import Ready
from dure.kit import say

HOST = "127.0.0.1"


def ask(port: int, path: str | None, timeout_seconds: float) -> Ready:
    """GET the path, or see whether somebody accepts when there is none."""
    try:
        if path is None:
            socket.create_connection((HOST, port), timeout=timeout_seconds).close()
            return Ready(True, say("It accepts connections on port {port}.", port=port))
        connection = http.client.HTTPConnection(HOST, port, timeout=timeout_seconds)
        try:
            connection.request("GET", path, headers={"User-Agent": "dure-readiness", "Connection": "close"})
            status = connection.getresponse().status
        finally:
            connection.close()
    except ConnectionRefusedError:
        return Ready(False, say("Nothing listens on port {port} yet. Does the service listen on PORT?", port=port))
    except TimeoutError:
        return Ready(False, say("It did not answer {path} in {seconds} s.", path=path or "", seconds=timeout_seconds))
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Ready(
            False, say("It did not answer {path}: {why}.", path=path or "", why=str(error) or type(error).__name__)
        )
    return Ready(200 <= status < 400, say("It answers {status} to {path}.", status=status, path=path), status)
