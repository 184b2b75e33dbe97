"""The pages of the shop. It asks the catalog and the cart, by the names under which Dure runs them."""

import html
import http.client
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ASK_SECONDS_MAX = 5


def page(things: dict[str, int]) -> str:
    rows = "".join(f"<li>{html.escape(name)}: {price}</li>" for name, price in things.items())
    return f"<!doctype html><html lang='en'><title>The shop</title><h1>The shop</h1><ul>{rows}</ul></html>"


def ask(service: str, method: str, path: str, said: object = None) -> tuple[int, dict[str, object]]:
    """Through the front door of the house, so that the asked service can be replaced while we ask."""
    line = http.client.HTTPConnection(os.environ["DURE_TRAFFIC"], timeout=ASK_SECONDS_MAX)
    try:
        host = f"{service}.{os.environ['DURE_ENVIRONMENT']}.{os.environ['DURE_PROJECT']}.localhost"
        body = None if said is None else json.dumps(said)
        line.request(method, path, body, {"Host": host, "Content-Type": "application/json"})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


class Web(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/up":
            self.answer(200, "up")
            return
        status, said = ask("catalog", "GET", "/things")
        things = said.get("things")
        if not isinstance(things, dict):
            self.answer(status, "The catalog does not answer.")
            return
        try:
            self.answer(200, page(things))
        except Exception as error:
            print(f"ERROR cannot draw the page: {error!r}", flush=True)
            self.answer(500, "Something went wrong.")

    def do_POST(self) -> None:
        bought = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, said = ask("cart", "POST", "/", bought)
        self.answer(status, json.dumps(said))

    def answer(self, status: int, said: str) -> None:
        body = said.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("X-Answered-By", "web")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *words: object) -> None:
        if self.path != "/up":
            print(format % words, flush=True)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Web).serve_forever()
