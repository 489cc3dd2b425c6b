"""Is the gateway itself well served: health, headers, the live page, proofs, its end?"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from shared.identity.bootstrap import bootstrap_local
from tests.support.gateway import Gateway, comment, serve, serve_apart
from tests.support.ledger import add_effect, add_proof
from tests.support.people import PASSWORD, add_person
from tests.support.stack import ROOT, wait_for

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 16


def test_it_is_alive_and_says_what_is_ready(gateway: Gateway):
    assert gateway.http.get("/livez").json() == {"ok": True}
    before = gateway.http.get("/readyz")
    checks = {"postgres": "ok", "schema": "ok", "redis": "ok", "dispatcher": "wrong"}
    assert (before.status_code, before.json()) == (200, {"ok": False, "checks": checks})
    gateway.query(
        "INSERT INTO leases (key, holder, token, expires_at, seen_at, good_at)"
        " VALUES ('dispatcher', 'here', 1, clock_timestamp() + interval '10 s', clock_timestamp(), clock_timestamp())"
    )
    assert gateway.http.get("/readyz").json()["ok"] is True


@pytest.mark.parametrize("good", ["NULL", "clock_timestamp() - interval '31 s'"])
def test_a_dispatcher_that_leads_and_whose_rounds_all_fail_is_not_ready(gateway: Gateway, good: str):
    gateway.query(
        "INSERT INTO leases (key, holder, token, expires_at, seen_at, good_at)"
        f" VALUES ('dispatcher', 'here', 1, clock_timestamp() + interval '10 s', clock_timestamp(), {good})"
    )
    answer = gateway.http.get("/readyz").json()
    assert (answer["ok"], answer["checks"]["dispatcher"]) == (False, "wrong")


@pytest.mark.parametrize("path", ["/api/me/", "/api/scheduler/queue/", "/livez/", "/static/live.js/", "//evil.example/"])
def test_no_answer_sends_anybody_to_the_host_that_the_request_names(module_gateway: Gateway, path: str):
    answer = module_gateway.http.get(module_gateway.url + path, headers={"Host": "evil.example"})
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("trusted", "seen"), [(None, "127.0.0.1"), ("127.0.0.1", "203.0.113.7"), ("10.1.0.0/16", "127.0.0.1")]
)
def test_who_it_comes_from_is_believed_of_a_proxy_that_is_named_and_of_no_other(
    database, tmp_path, trusted: str | None, seen: str
):
    settings = database if trusted is None else database.model_copy(update={"trusted_proxies": trusted})
    with serve_apart(settings, tmp_path) as gateway:
        add_person(settings, "mara@example.org", "local")
        headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.7", "X-Forwarded-Proto": "https"}
        body = {"email": "mara@example.org", "password": PASSWORD}
        tokens = httpx.post(f"{gateway.url}/api/auth/login", json=body, headers=headers, trust_env=False).json()
        (session,) = gateway.with_key(tokens["access_token"]).get("/api/auth/sessions").json()["items"]
        assert session["address"] == seen


def test_numbers_for_monitoring_name_nobody(gateway: Gateway):
    gateway.submit(comment(gateway.settings, text="Dear secret customer."))
    gateway.http.get("/api/secret-path")
    text = gateway.http.get("/metrics").text
    assert 'callsheet_tasks{status="pending"} 1.0' in text
    assert 'callsheet_http_request_seconds_count{method="POST",route="/api/scheduler/task",status="201"} 1.0' in text
    assert "secret" not in text


@pytest.mark.parametrize("path", ["/", "/static/live.js", "/livez", "/api/me", "/api/nothing"])
def test_every_answer_has_its_security_headers(module_gateway: Gateway, path: str):
    headers = module_gateway.http.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Request-Id"]
    assert "server" not in headers


def test_the_live_page_brings_all_it_needs(module_gateway: Gateway):
    page = module_gateway.http.get("/", headers={"Authorization": ""})
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for name in ("live.css", "live.js", "icon.svg"):
        assert f"/static/{name}" in page.text
    for name in ("live.css", "live.js", "stream.js", "view.js", "icon.svg"):
        assert module_gateway.http.get(f"/static/{name}").status_code == 200
    assert "<script>" not in page.text
    assert "http://" not in page.text
    assert "https://" not in page.text


def test_a_proof_is_served_as_the_picture_it_is(gateway: Gateway):
    task = gateway.submit(comment(gateway.settings))
    with gateway.owner() as connection:
        proof = add_proof(connection, add_effect(connection, task["id"]))
    path = f"/api/proofs/{proof}"
    assert gateway.http.get(path).status_code == 404  # the file is not there yet
    folder = Path(gateway.settings.home) / "proofs"
    folder.mkdir()
    (folder / f"{proof}.png").write_bytes(b"<svg onload=alert(1)>")
    assert gateway.http.get(path).status_code == 404
    (folder / f"{proof}.png").write_bytes(PNG)
    answer = gateway.http.get(path)
    assert (answer.content, answer.headers["Content-Type"]) == (PNG, "image/png")
    effect = gateway.http.get("/api/effects").json()["items"][0]
    assert (effect["proof_url"], effect["task_id"]) == (path, task["id"])


def test_the_status_counts_and_shows_lanes(gateway: Gateway):
    gateway.submit(comment(gateway.settings))
    gateway.query("INSERT INTO lanes (name, concurrency) VALUES ('system', 2)")
    status = gateway.http.get("/api/scheduler/status").json()
    assert (status["state"], status["counts"]["pending"]) == ("running", 1)
    assert status["lanes"][0] == {
        "name": "system",
        "state": "no_worker",
        "reason": "no worker for system",
        "until": None,
        "workers": 0,
        "concurrency": 2,
        "busy": 0,
        "queued": 0,
        "utilisation": 0.0,
    }
    assert status["dispatcher"] == {"leader": None, "last_tick_at": None, "lag_ms": None}


def test_a_home_is_set_up_once_and_follows_its_port(database):
    first = bootstrap_local(database, ["instagram"])
    again = bootstrap_local(database.model_copy(update={"sandbox_port": 4321}), ["instagram", "tiktok"])
    assert first.api_key is not None
    assert (again.workspace_id, again.api_key) == (first.workspace_id, None)
    assert first.api_key not in repr(first)


def test_it_ends_within_three_seconds_with_a_stream_open(database, tmp_path):
    owner = bootstrap_local(database, ["instagram"])
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api"], cwd=ROOT, env=database.environment_for("gateway"), stdout=log, stderr=log
        )
    url, headers = f"http://127.0.0.1:{database.port}", {"Authorization": f"Bearer {owner.api_key}"}
    try:
        wait_for("it answers", lambda: _answers(url))
        with httpx.stream("GET", f"{url}/api/events", headers=headers, timeout=10) as answer:
            next(answer.iter_lines())
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) in {0, -signal.SIGTERM}
            assert time.monotonic() - begun < 3
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/livez", timeout=2).is_success
    except httpx.TransportError:
        return False


def test_a_page_runs_nothing_that_stands_in_it(module_gateway: Gateway):
    page = module_gateway.http.get("/", headers={"Authorization": ""})
    rules = dict(rule.strip().partition(" ")[::2] for rule in page.headers["Content-Security-Policy"].split(";"))
    assert (rules["default-src"], rules["script-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
    assert re.findall(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", page.text) == []


def test_over_tls_a_browser_is_told_to_stay_there(database):
    with serve(database.model_copy(update={"trusted_proxies": "127.0.0.1"})) as gateway:
        plain = gateway.http.get("/livez")
        secure = gateway.http.get("/livez", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in plain.headers
    assert secure.headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"
