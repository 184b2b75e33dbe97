"""A small app of one service: what the scenarios push where the three services of the shop would be too many."""

CALM = "{strategy: canary, steps: [50, 100], step_seconds: 2, enough_requests: 10}"

APP = '''"""Says its version."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "1"


class Bell(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = VERSION.encode()
        self.send_response(200)
        self.send_header("X-Answered-By", "web")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, format, *words):
        print(format % words, flush=True)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Bell).serve_forever()
'''


def version(words: str) -> dict[str, str]:
    """The app that answers with these words."""
    return {"app.py": APP.replace('VERSION = "1"', f'VERSION = "{words}"')}


def workflow(*lines: str, on: str = "push") -> dict[str, str]:
    """A workflow of one job with a checkout and these lines of shell."""
    steps = "\n".join(f"          {line}" for line in lines)
    return {
        ".github/workflows/ci.yml": (
            f"name: ci\non: {on}\njobs:\n  test:\n    runs-on: linux\n    steps:\n"
            f"      - uses: actions/checkout@v4\n      - run: |\n{steps}\n"
        )
    }


def compose(rollout: str = CALM, *, command: str = "python3 app.py", more: str = "") -> dict[str, str]:
    return {
        "compose.yaml": (
            f"services:\n  web:\n    command: {command}\n    stop_grace_period: 3s\n{more}"
            f"    x-dure:\n      port: PORT\n      readiness: {{http: /up}}\n      rollout: {rollout}\n"
        )
    }


SMALL = version("1") | compose() | workflow("python3 -m compileall -q .")
