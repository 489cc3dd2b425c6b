"""Is docker-compose.yml valid, and does every service keep the rules of the house?"""

from __future__ import annotations

import json
import re

import jsonschema
import pytest

from cli.local.servers.wire import REFUSED
from connectors.pools import pools
from shared.settings import Settings
from tests.unit.deploy import composition
from tests.unit.deploy.composition import ROOT

NEEDED, OPTIONAL = composition.example_names()
COMPOSE = composition.resolved(dict.fromkeys(NEEDED, "secret"))
SERVICES = COMPOSE["services"]
ONE_SHOT = {name for name, service in SERVICES.items() if service["restart"] == "no"}
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("callsheet-")}
POOLS = {name: service for name, service in SERVICES.items() if name.startswith("pool-")}
each = pytest.mark.parametrize("name", SERVICES)


@pytest.mark.parametrize("composition_", [composition.raw(), COMPOSE], ids=["as written", "filled in"])
def test_the_file_keeps_the_published_schema(composition_):
    schema = json.loads((ROOT / "tests/unit/deploy/schema/compose-spec.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(composition_)


def test_the_parts_of_the_house_are_there():
    assert {"postgres", "redis", "migrate", "gateway", "beat", "flower"} <= SERVICES.keys()
    assert SERVICES["beat"]["deploy"]["replicas"] == 2
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert {"roles", "migrate", "found", "found-practice"} == ONE_SHOT


@each
def test_a_service_says_how_it_is_or_ends_by_itself(name):
    assert ("healthcheck" in SERVICES[name]) != (name in ONE_SHOT)


@each
def test_a_service_has_limits(name):
    assert {"cpus", "memory", "pids"} <= SERVICES[name]["deploy"]["resources"]["limits"].keys()


@each
def test_a_service_has_no_rights_it_does_not_need(name):
    service = SERVICES[name]
    user = service["user"].split(":")[0]
    assert user.isdecimal()
    assert int(user) > 0
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & service.keys()


def test_nothing_is_published_but_gateway_and_flower_on_loopback():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"gateway": ["127.0.0.1:3000:3000"], "flower": ["127.0.0.1:5555:5555"]}
    assert all(service.get("network_mode") is None for service in SERVICES.values())


def test_servers_are_reached_from_the_inside_only():
    assert COMPOSE["networks"]["inner"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == SERVICES["redis"]["networks"] == ["inner"]


def test_redis_has_a_password_and_keeps_what_it_was_told():
    settings = SERVICES["redis"]["command"][-1]
    # What hangs it or changes it for all is refused, as it is on one's own machine.
    assert f"\nuser default on >$REDIS_PASSWORD ~* &* +@all {REFUSED}\n" in settings
    assert re.search(r"^appendonly yes$", settings, re.MULTILINE)
    assert SERVICES["redis"]["environment"]["REDIS_PASSWORD"] == "secret"


def test_every_setting_exists():
    known = {f"CALLSHEET_{name.upper()}" for name in Settings.model_fields}
    used = {name for service in SERVICES.values() for name in service.get("environment", {})}
    mentioned = composition.variables(composition.raw()) | NEEDED | OPTIONAL
    assert {name for name in used | mentioned if name.startswith("CALLSHEET_")} <= known


# What a container has from its image or its place in the file, with the reason why nobody sets it from outside.
FIXED = {
    "home": "a volume", "pool": "set by `callsheet worker`",
    "door_host": "set by the keeper", "merge_pools": "set by `callsheet up`",
    "secrets_file": "set by `callsheet up`", "log_format": "Docker keeps lines", "host": "of the container",
    "port": "of the container", "flower_port": "of the container", "sandbox_port": "of the container",
    "host_name": "the container's hostname", "browser": "of the image",
    "safari": "on a Mac", "safari_hours": "on a Mac", "safari_idle_s": "on a Mac", "lane_lease_s": "on a Mac",
}  # fmt: skip
# What only some need to know: addresses with passwords, keys, apps, and what is about the gateway alone.
SOME = {
    "database_url": ONE_SHOT - {"roles"}, "gateway_database_url": {"gateway"}, "dispatcher_database_url": {"beat"},
    "worker_database_url": POOLS.keys(), "redis_url": {"gateway", "beat", "flower"} | POOLS.keys(),
    "keys": {"gateway"} | POOLS.keys(), "oauth_clients": {"gateway"} | POOLS.keys(), "public_url": {"gateway"},
    "trusted_proxies": {"gateway"}, "egress_allowed": {"gateway", "pool-system", "pool-apis"},
}  # fmt: skip


@pytest.mark.parametrize("setting", sorted(Settings.model_fields.keys() - FIXED.keys()))
def test_every_setting_reaches_the_services_that_read_it(setting: str):
    name = f"CALLSHEET_{setting.upper()}"
    wanted = SOME.get(setting, OURS - {"sandbox"})
    assert {service for service in wanted if name not in SERVICES[service].get("environment", {})} == set()


def test_the_example_lists_exactly_what_the_file_reads():
    assert composition.variables(composition.raw()) == NEEDED | OPTIONAL


@pytest.mark.parametrize("missing", sorted(NEEDED))
def test_a_needed_value_that_is_missing_is_an_error(missing):
    with pytest.raises(AssertionError, match=missing):
        composition.resolved(dict.fromkeys(NEEDED - {missing}, "secret"))


def test_only_what_ends_by_itself_knows_the_owner():
    for name, service in SERVICES.items():
        owned = [key for key, value in service.get("environment", {}).items() if "callsheet_owner:" in str(value)]
        assert not owned or name in ONE_SHOT, f"{name}: {owned}"


def test_a_service_knows_no_role_but_its_own():
    roles = {"gateway": "gateway", "beat": "dispatcher"} | dict.fromkeys(POOLS, "worker")
    for name in OURS - ONE_SHOT:
        own = {f"callsheet_{roles[name]}"} if name in roles else set()
        said = json.dumps(SERVICES[name].get("environment", {}))
        assert set(re.findall(r"callsheet_[a-z]+(?=:)", said)) == own, name


def test_every_pool_has_a_service():
    assert {service["command"][1] for service in POOLS.values()} == pools(Settings()).keys()


def test_a_pool_runs_beside_its_keeper_under_a_hostname_that_stays():
    hostnames = [service["hostname"] for service in POOLS.values()]
    assert len(set(hostnames)) == len(hostnames)
    for name, service in POOLS.items():
        assert service["command"][0] == "pool-with-keeper", name
        assert service["environment"]["CALLSHEET_HOST_NAME"] == service["hostname"]
        # Compose refuses to run a second one of what has a name: two machines may never share a hostname.
        assert service["container_name"] == f"callsheet-{service['hostname']}"
        assert f"{service['hostname']}:/var/lib/callsheet" in service["volumes"]


def test_the_hosts_that_are_made_are_those_of_the_pools():
    made = [word for word in SERVICES["found"]["entrypoint"] if "=" in word]
    others = {"pool-apis", "pool-system", "pool-practice"}
    driven = [f"{s['command'][1]}={s['hostname']}" for name, s in POOLS.items() if name not in others]
    assert made == driven


def test_what_proves_an_installation_has_a_host_of_its_own():
    made = {word.partition("=")[2] for word in SERVICES["found-practice"]["entrypoint"] if word.startswith("instagram=")}
    assert made == {SERVICES["pool-practice"]["hostname"]}
    assert not made & {word.partition("=")[2] for word in SERVICES["found"]["entrypoint"] if "=" in word}
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    orders = re.findall(r"prove\.sh|run --rm found --workspace", workflow)
    assert orders == ["prove.sh", "run --rm found --workspace", "prove.sh"]


def test_a_pool_with_a_browser_has_what_a_browser_needs():
    for pool in pools(Settings()).values():
        if pool.host_bound:
            service = SERVICES[f"pool-{pool.name}"]
            assert service["build"]["target"] == "browser"
            assert "seccomp:./deploy/seccomp/chromium.json" in service["security_opt"]
            assert "outer" in service["networks"]


def test_what_is_stored_is_a_volume_that_exists():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"], volume


def test_the_gateway_takes_uploads_in_and_cannot_change_proofs():
    media, proofs = "media:/var/lib/callsheet/media", "proofs:/var/lib/callsheet/proofs"
    assert SERVICES["gateway"]["volumes"] == [media, f"{proofs}:ro", "door:/var/lib/callsheet/door"]
    assert all({media, proofs} <= set(service["volumes"]) for service in POOLS.values())


def test_the_filter_leaves_chromium_its_sandbox_and_refuses_the_ways_into_the_host():
    profile = json.loads((ROOT / "deploy/seccomp/chromium.json").read_text())
    refused = {name for rule in profile["syscalls"] if "args" not in rule for name in rule["names"]}
    assert not refused & {"clone", "clone3", "unshare", "chroot"}
    assert {"bpf", "mount", "setns", "init_module", "kexec_load", "keyctl", "open_by_handle_at", "userfaultfd"} <= refused
    assert {rule["action"] for rule in profile["syscalls"]} == {"SCMP_ACT_ERRNO"}
