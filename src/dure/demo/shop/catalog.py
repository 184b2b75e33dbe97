"""The catalog of the shop: what there is, and what it costs."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

THINGS = {"rice": 24_000, "tea": 9_500, "lantern": 38_000, "fan": 12_000}


def price_of(thing: str) -> int | None:
    return THINGS.get(thing)


class Catalog(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/up":
            self.answer(200, {"up": True})
        elif self.path == "/things":
            self.answer(200, {"things": THINGS})
        else:
            price = price_of(self.path.removeprefix("/things/"))
            self.answer(404 if price is None else 200, {"price": price})

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
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Catalog).serve_forever()
