"""`python -m tests.injection` has sqlmap try every query parameter; it exits 1 where one can be injected into.

sqlmap is installed for the run, into a folder that goes with it. All traffic stays on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from api.main import create_app
from cli.local.port import kept_or_free
from tests.support.gateway import Gateway, serve_apart
from tests.support.servers import shared_servers

LONGEST_S = 600  # for one route
FOUND = "sqlmap identified the following injection point"
DONE = "ending @"
# What names something that is there, so that the statement behind it is reached.
FITTING = {
    "account": "instagram/demo",
    "handle": "demo",
    "lane": "system",
    "platform": "instagram",
    "scope": "workspace",
    "status": "pending",
    "type": "probe",
}
ENDLESS = ("/api/events",)  # a stream, whose parameters are no query's but a filter's in memory


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.injection")
    parser.add_argument("--level", type=int, default=2, help="how much sqlmap tries, 1 to 5")
    parser.add_argument("--only", default="", help="routes whose address holds this")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="callsheet-injection-") as name:
        folder = Path(name)
        sqlmap = install(folder / "sqlmap")
        with shared_servers(folder / "servers", "gw0") as servers:
            settings = servers.settings(folder / "home", "injection", port=kept_or_free(None), log_level="error")
            with serve_apart(settings, folder) as gateway:
                routes = [route for route in addresses(gateway) if asked.only in route]
                injectable = [route for route in routes if not is_safe(sqlmap, gateway, route, asked.level, folder)]
    sys.stdout.write(f"{len(routes)} routes with query parameters, {len(injectable)} injectable.\n")
    return 1 if injectable or not routes else 0


def install(folder: Path) -> str:
    """sqlmap in an environment of its own."""
    venv.create(folder, with_pip=True)
    subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", "sqlmap"], check=True)
    return str(folder / "bin" / "sqlmap")


def addresses(gateway: Gateway) -> Iterator[str]:
    """Every GET route with its query parameters filled in as their schema says."""
    paths = create_app(gateway.settings).openapi()["paths"]
    for path, methods in sorted(paths.items()):
        known = [one for one in methods.get("get", {}).get("parameters", ()) if one["in"] in {"query", "path"}]
        query = {one["name"]: value_of(one) for one in known if one["in"] == "query"}
        if not query or path in ENDLESS:
            continue
        named = {one["name"]: quote(value_of(one)) for one in known if one["in"] == "path"}
        address = path.format(**named)
        # A cursor is opaque, and a wrong one is refused before anything else is read: it is tried on its own.
        cursor = {name: query.pop(name) for name in ("cursor",) if name in query}
        yield from (f"{address}?{urlencode(some)}" for some in (query, cursor) if some)


def value_of(parameter: dict[str, Any]) -> str:
    """A value that the route takes, so that the statement behind it is reached."""
    if parameter["name"] in FITTING:
        return FITTING[parameter["name"]]
    schemas = [parameter["schema"], *parameter["schema"].get("anyOf", ())]
    for schema in schemas:
        given = parameter.get("example") or next(iter(schema.get("examples", schema.get("enum", ()))), None)
        if given is not None:
            return str(given)
    kinds = {(schema.get("type"), schema.get("format")) for schema in schemas}
    if ("string", "uuid") in kinds:
        return "00000000-0000-7000-8000-00000000dead"
    if ("string", "date-time") in kinds:
        return "2026-03-01T09:00:00Z"
    return "1" if any(kind in {"integer", "number"} for kind, _ in kinds) else "x"


def is_safe(sqlmap: str, gateway: Gateway, route: str, level: int, folder: Path) -> bool:
    """Whether sqlmap has tried a route to its end and found nothing."""
    words = ["--url", f"{gateway.url}{route}", "--header", f"Authorization: Bearer {gateway.api_key}", "--batch"]
    words += ["--level", str(level), "--dbms", "PostgreSQL", "--time-sec", "3", "--ignore-code", "*", "--disable-coloring"]
    words += ["--flush-session", "--output-dir", str(folder / "found")]
    said = subprocess.run([sqlmap, *words], capture_output=True, text=True, check=False, timeout=LONGEST_S).stdout
    safe = FOUND not in said and DONE in said
    requests = said.count("testing '")
    sys.stdout.write(f"{'safe' if safe else 'INJECTABLE OR NOT TRIED'}  {route}  ({requests} kinds of tries)\n")
    sys.stdout.flush()
    if not safe:
        sys.stdout.write(said[-2000:])
    return safe


if __name__ == "__main__":
    sys.exit(main())
