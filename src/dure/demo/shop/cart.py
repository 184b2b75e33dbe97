"""The cart of the shop: what somebody is about to buy, and the sum of it."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRICES = {"rice": 24_000, "tea": 9_500, "lantern": 38_000, "fan": 12_000}


def total(things: list[str]) -> int:
    return sum(PRICES[thing] for thing in things)


class Cart(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.answer(200, {"up": True})

    def do_POST(self) -> None:
        things = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["things"]
        try:
            self.answer(200, {"total": total(things)})
        except Exception as error:
            print(f"ERROR cannot add up {things}: {error!r}", flush=True)
            self.answer(500, {"error": "cannot add up"})

    def answer(self, status: int, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        if self.path != "/up":
            print(format % words, flush=True)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Cart).serve_forever()
