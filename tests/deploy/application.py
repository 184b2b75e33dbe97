"""A shop as somebody might write it: it answers on PORT, and how well it does says its release. Stdlib only."""

import http.server
import os
import sys
from typing import Any

ANSWERS = os.environ.get("ANSWERS", "well")


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    count = 0

    def do_GET(self) -> None:
        Shop.count += 1
        bad = ANSWERS == "badly" and self.path != "/up" and Shop.count % 3 == 0
        body = os.environ.get("DURE_RELEASE", "").encode()
        self.send_response(500 if bad else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


if ANSWERS == "never":
    sys.exit("no database here")
port = int(sys.argv[1])
if ANSWERS == "elsewhere":
    # It does not listen where it was told to.
    port = int(os.environ["ELSEWHERE"])
Server(("127.0.0.1", port), Shop).serve_forever()
