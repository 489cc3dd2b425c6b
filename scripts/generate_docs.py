"""Which tables in docs/ are made from the code? Routes, settings, types, connectors: `python scripts/generate_docs.py`.

A test compares the files with what the code says now, so a table is never older than what it describes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from fastapi.routing import APIRoute

from api.guard import HostOnly, Permission, PersonOnly, SignedIn, guards_of
from api.main import ROUTERS
from api.openapi import operation_id
from connectors.contract.manifest import Capability, Manifest
from connectors.registry import MANIFESTS
from shared.identity.caller import ROLES, SCOPES_OF
from shared.settings import Settings
from shared.task_types.registry import TASK_TYPES
from shared.task_types.spec import AnySpec

DOCS = Path(__file__).parent.parent / "docs"
MADE = "<!-- Made by scripts/generate_docs.py from {source}: change it there, then run the script. -->\n"


def settings() -> str:
    """Return every setting, in the order of the code."""
    rows = [
        (f"`CALLSHEET_{name.upper()}`", _value(field.get_default()), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    return f"""{MADE.format(source="shared/settings.py")}
# Settings

Each is an environment variable; `shared/settings.py` is the only file of the product that reads them (the practice sites,
which do not import it, read the home and their port). Nothing has to be set on your own machine: `callsheet up` fills in
missing values and passes them to the processes that it starts.

{_table(("variable", "default", "what it is"), rows)}"""


def routes() -> str:
    """Return every route of the gateway, by address."""
    found = [
        route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute) and route.include_in_schema
    ]
    rows = [
        (
            f"`{' '.join(sorted(route.methods))}`",
            f"`{route.path_format}`",
            f"`{operation_id(route)}`",
            _scope(route),
            *_roles(route),
            (route.description or "").split("\n")[0],
        )
        for route in sorted(found, key=lambda route: (route.path_format, sorted(route.methods)))
    ]
    return f"""{MADE.format(source="api/routers/")}
# Routes

`GET /openapi.json` has all of them with their fields, limits and examples; `operation` is what each is called there,
and by a client that is made from it. `key` is the scope that an API key must have:
`any` key may, `no` key may (only a person), or there is `no need` of a key. The next four say which roles may
([people.md](people.md)).
Besides these there is the socket `/api/ws` (`read`), with the same events as `GET /api/events`.

{_table(("method", "address", "operation", "key", *ROLES, "what it does"), rows)}"""


def task_types() -> str:
    """Return every task type, by its present name."""
    specs = [spec for name, spec in sorted(TASK_TYPES.items()) if name == spec.type]
    head = ("type", "lane", "outward steps", "time-out", "priority", "in one message", "retry", "submitted by")
    return f"""{MADE.format(source="shared/task_types/")}
# Task types

A type is one file in `shared/task_types/` and one in `workers/executors/`. The time-out is for one attempt, in seconds; a
retry waits a random time between nothing and `base * 2**n` seconds, at most the cap.

{_table(head, map(_type_row, specs))}{"".join(map(_payload, specs))}"""


def connectors() -> str:
    """Return every connector's capabilities, and what it says it cannot do."""
    return f"""{MADE.format(source="connectors/*/manifest.py")}
# Connectors

A connector is one folder in `connectors/`. `visible after` is how long after the call's deadline a read may still miss the
result, `call` bounds the call itself; both in seconds. Each platform's behaviour is described in its `BEHAVIOUR.md`.
{"".join(_connector(manifest) for _, manifest in sorted(MANIFESTS.items()))}"""


FILES = {"routes.md": routes, "settings.md": settings, "task-types.md": task_types, "connectors.md": connectors}


def _scope(route: APIRoute) -> str:
    guard = guards_of(route.dependant)[0]
    if isinstance(guard, Permission):
        return f"`{guard.scope}`"
    return {SignedIn: "any", PersonOnly: "no", HostOnly: "a host's"}.get(type(guard), "no need")


def _roles(route: APIRoute) -> list[str]:
    guard = guards_of(route.dependant)[0]
    return ["✓" if not isinstance(guard, Permission) or guard.scope in SCOPES_OF[role] else "" for role in ROLES]


def _type_row(spec: AnySpec) -> tuple[str, ...]:
    lanes = {"account": "of the account", "named": "named in the payload"}
    return (
        f"`{spec.type}`" + "".join(f", `{alias}`" for alias in spec.aliases),
        lanes.get(spec.lane, f"`{spec.lane}`"),
        ", ".join(f"`{step}`" for step in spec.effects) or "none",
        f"{spec.timeout_s:g}",
        str(spec.priority),
        str(spec.batch),
        f"{spec.retry.base_s:g}, cap {spec.retry.cap_s:g}",
        "clients" if spec.public else "the timetable",
    )


def _payload(spec: AnySpec) -> str:
    fields = spec.payload.model_fields
    if not fields:
        return ""
    rows = [(f"`{name}`", field.description or "") for name, field in fields.items()]
    return f"\n## Payload of `{spec.type}`\n\n{_table(('field', 'what it is'), rows)}"


def _connector(manifest: Manifest) -> str:
    can = [(f"`{c.name}`", c.transport, *_figures(c), c.source) for c in manifest.capabilities]
    cannot = [(f"`{no.name}`", no.transport, no.reason) for no in manifest.unsupported]
    head = ("capability", "transport", "verified", "visible after", "call", "longest text", "source of the figures")
    return f"""
## {manifest.name} (`{manifest.platform}`)

Addresses are accepted at {", ".join(f"`{host}`" for host in manifest.hosts)}.

{_table(head, can)}
Not supported:

{_table(("capability", "transport", "why"), cannot)}"""


def _figures(capability: Capability) -> tuple[str, ...]:
    if capability.kind == "reading":
        return ("only reads", "", f"{capability.call_s:g}", "")
    figures = (capability.visibility_s, capability.call_s)
    return (capability.verification, *(f"{figure:g}" for figure in figures), f"{capability.max_text} {capability.text_unit}")


def _value(default: object) -> str:
    return "" if default == "" else f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def main() -> None:
    """Write the files."""
    for name, make in FILES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
        print(f"docs/{name}")


if __name__ == "__main__":
    main()
