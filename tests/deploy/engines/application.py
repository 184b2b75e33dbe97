"""A small application as a user would write one: it listens on PORT and does what its paths say. Stdlib only, since
it runs outside of our environment, as another user.

/            its version        /slow/0.2   later          /env    what it finds around it
/up          ready or not       /fail       500            /crash  ends at once      POST /  says back how much came
"""

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any


class Answers(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65_536

    def handle_one_request(self) -> None:
        """Count from the first byte to the last, so that the end can wait for it."""
        self.counted = False
        try:
            super().handle_one_request()
        finally:
            if self.counted:
                Server.active -= 1

    def parse_request(self) -> bool:
        Server.active += 1
        self.counted = True
        return super().parse_request()

    def do_GET(self) -> None:
        if self.path == "/crash":
            os._exit(3)
        if self.path.startswith("/slow/"):
            time.sleep(float(self.path.rpartition("/")[2]))
        told: dict[str, Any] = {"version": os.environ.get("DURE_VERSION"), "host": self.headers.get("Host")}
        if self.path == "/env":
            told |= {"env": dict(os.environ), "uid": os.getuid(), "cwd": os.getcwd()}
        if self.path == "/headers":
            told |= {"headers": dict(self.headers)}
        fails = self.path == "/fail" or (self.path == "/up" and "UNREADY" in os.environ)
        if self.path == "/":
            Server.met += 1
            fails = Server.met % int(os.environ.get("FAIL_EACH", "1000000000")) == 0
        self.answer(500 if fails else 200, told)

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        self.answer(200, {"version": os.environ.get("DURE_VERSION"), "size": len(self.rfile.read(size))})

    def answer(self, status: int, told: dict[str, Any]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        say(f"{self.command} {self.path}")


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512
    active = 0
    met = 0


def main() -> None:
    if "STUBBORN" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "CHILD" in os.environ:
        # A child that goes its own way, as daemons do.
        subprocess.Popen(["sleep", "600"], start_new_session=True)
    server = Server(("127.0.0.1", int(os.environ["PORT"])), Answers)
    if "STUBBORN" not in os.environ:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    say("listening")
    server.serve_forever()
    while Server.active:
        time.sleep(0.01)


if __name__ == "__main__":
    main()
