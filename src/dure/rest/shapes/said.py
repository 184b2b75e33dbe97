"""What many shapes have in common: addresses, moments, and people."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

Shape = dict[str, Any]


@dataclass(frozen=True)
class Addresses:
    """Of one project, for programs and for people."""

    house: str
    path: str

    def api(self, *parts: str | int) -> str:
        rest = "/".join(quote(str(part), safe="/") for part in parts)
        return f"{self.house}/api/v3/repos/{self.path}" + (f"/{rest}" if rest else "")

    def page(self, *parts: str | int) -> str:
        rest = "/".join(quote(str(part), safe="/") for part in parts)
        return f"{self.house}/{self.path}" + (f"/{rest}" if rest else "")


def moment(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def user_shape(house: str, ref: str, name: str) -> Shape:
    """A person, a job or the house. Those that are no person have a number made of their ref."""
    kind, _, number = ref.partition(":")
    is_person = kind == "person" and number.isdigit()
    return {
        "login": name,
        "id": int(number) if is_person else zlib.crc32(ref.encode()),
        "type": "User" if is_person else "Bot",
        "site_admin": False,
        "url": f"{house}/api/v3/users/{quote(name, safe='')}",
        "html_url": house,
    }
