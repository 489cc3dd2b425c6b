"""Is an upload only ever what it is, where we have put it, and its workspace's own?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.support.files import JPEG, PNG, SVG, WEBM, WHOLE, ZIP, chunk
from tests.support.gateway import Gateway, new_workspace, serve

MEDIA = "/api/media"
PNG_NAMED = {"Content-Type": "image/png"}


def upload(gateway: Gateway, content: bytes | Iterator[bytes], **headers: str) -> httpx.Response:
    return gateway.http.post(MEDIA, content=content, headers=headers)


@pytest.fixture
def small(database) -> Iterator[Gateway]:
    """A gateway with room for little."""
    with serve(database.model_copy(update={"max_media_bytes": 4096, "media_quota_bytes": 5000})) as running:
        yield running


def files(gateway: Gateway) -> list[str]:
    folder = gateway.settings.home / "media"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("kind", WHOLE)
def test_a_picture_or_a_film_comes_in_and_goes_out_as_it_is(module_gateway: Gateway, kind: str):
    content = WHOLE[kind]
    made = upload(module_gateway, content, Content_Type="text/html")
    assert made.status_code == 201, made.text
    view = made.json()
    assert (view["media_type"], view["size"]) == (kind, len(content))
    assert view["sha256"] == hashlib.sha256(content).hexdigest()
    shown = module_gateway.http.get(f"{MEDIA}/{view['id']}")
    assert shown.content == content
    assert shown.headers["Content-Type"] == kind


def test_lesson_mime_spoofing_and_preview_to_script(module_gateway: Gateway):
    """CVE-2026-40487, CVE-2026-42556: the type is read from the content, and what is served runs nothing."""
    for lie in (SVG, b"<html><script>alert(1)</script>", PNG + ZIP, PNG + SVG, b"GIF89a/*" + SVG, b"", b"\x00" * 100):
        refused = upload(module_gateway, lie, **PNG_NAMED)
        assert (refused.status_code, refused.json()["code"]) == (415, "not_media"), lie
    view = upload(module_gateway, PNG, Content_Type="text/html").json()
    headers = module_gateway.http.get(f"{MEDIA}/{view['id']}").headers
    assert headers["Content-Type"] == "image/png"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["Content-Disposition"] == f'attachment; filename="{view["id"]}.png"'


@pytest.mark.parametrize(
    "name",
    [
        "../canary",
        "..%2fcanary",
        "%2e%2e%2fcanary",
        "%2e%2e/canary",
        "..%252fcanary",
        "%252e%252e%252fcanary",
        "....//canary",
        "..\\canary",
        "..%5ccanary",
        "%c0%ae%c0%ae%c0%afcanary",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "file:///etc/passwd",
        "canary%00.png",
        "%2e",
        "00000000-0000-7000-8000-00000000dead%2f..%2f..%2fcanary",
    ],
)
def test_lesson_encoded_path_traversal(module_gateway: Gateway, name: str):
    """CVE-2026-19264, CVE-2026-115932: a path is made from an id of ours alone, however another one is written."""
    (module_gateway.settings.home / "canary").write_bytes(b"canary-7d3a")
    for folder in (MEDIA, "/api/proofs", "/static"):
        for written in (name, quote(name, safe="")):
            answer = module_gateway.http.get(
                httpx.URL(f"{module_gateway.url}{folder}/").copy_with(raw_path=f"{folder}/{written}".encode())
            )
            assert answer.status_code in {404, 405, 422}, (folder, written)
            assert b"canary-7d3a" not in answer.content


def test_lesson_a_whole_row_is_returned_nowhere(module_gateway: Gateway):
    """CVE-2026-107761: answers are made from models; a canary in each secret column is in none of them."""
    canary = "canary-5e1f"
    module_gateway.query("UPDATE accounts SET credentials = %(c)s", c=canary)
    module_gateway.query(
        "INSERT INTO webhooks (id, workspace_id, url, secret, types, cursor)"
        " SELECT gen_random_uuid(), workspace_id, 'https://hooks.test/', %(c)s, '{}', 0 FROM accounts LIMIT 1",
        c=canary,
    )
    module_gateway.query(
        "INSERT INTO notifications (id, workspace_id, name, target, shown, types, cursor)"
        " SELECT gen_random_uuid(), workspace_id, 'n', %(c)s, 'x', '{}', 0 FROM accounts LIMIT 1",
        c=canary,
    )
    document = module_gateway.http.get("/openapi.json").json()
    paths = [path for path, methods in document["paths"].items() if "get" in methods and "{" not in path]
    paths += ["/api/accounts/instagram/demo", f"/api/webhooks/{module_gateway.query('SELECT id FROM webhooks')[0]['id']}"]
    asked = [path for path in paths if path not in {"/api/events", "/api/limits"}]
    assert len(asked) > 20
    for path in asked:
        answer = module_gateway.http.get(path)
        assert canary not in answer.text, path
    hashes = module_gateway.query("SELECT encode(hash, 'hex') AS h FROM api_keys")
    assert hashes[0]["h"] not in module_gateway.http.get("/api/audit/export").text


def test_an_upload_is_bounded_while_it_comes(small: Gateway):
    def pieces() -> Iterator[bytes]:
        for _ in range(100):
            yield b"\x00" * 1024

    for content in (pieces(), b"\x00" * 4097):
        refused = upload(small, content)
        assert (refused.status_code, refused.json()["status"]) == (413, 413)
    assert files(small) == []
    assert small.post("/api/scheduler/task", {"type": "probe", "payload": {"lane": "system"}}).status_code == 201


def test_a_workspace_has_so_much_room_and_gets_it_back(small: Gateway):
    big = PNG[:-12] + chunk(b"tEXt", b"x" * 3000) + PNG[-12:]
    first = upload(small, big)
    assert first.status_code == 201, first.text
    refused = upload(small, big)
    assert (refused.status_code, refused.json()["code"]) == (409, "media_quota")
    assert files(small) == [first.json()["id"]]
    assert small.http.delete(f"{MEDIA}/{first.json()['id']}").json() == first.json()
    assert files(small) == []
    assert upload(small, big).status_code == 201


def test_a_file_of_a_form_comes_in_as_the_body_itself_does(module_gateway: Gateway):
    for name in ("one.png", "a name with \u00fc.bin"):
        made = module_gateway.http.post(MEDIA, files={"file": (name, PNG, "text/plain")})
        assert made.status_code == 201, made.text
        assert (made.json()["size"], made.json()["sha256"]) == (len(PNG), hashlib.sha256(PNG).hexdigest())


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"files": [("file", ("a.png", PNG)), ("file", ("b.png", PNG))]}, "one file"),
        ({"files": {"file": ("a.png", PNG)}, "data": {"title": "x"}}, "other fields"),
        ({"content": b"--b--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, "no file"),
        ({"content": PNG, "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, "cannot be read"),
        ({"content": PNG, "headers": {"Content-Type": "multipart/form-data"}}, "cannot be read"),
        ({"content": b"--b\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}, "cannot be read"),
    ],
)
def test_a_form_that_is_not_one_file_is_refused_in_words_and_leaves_nothing(module_gateway: Gateway, form, said: str):
    before = files(module_gateway)
    refused = module_gateway.http.post(MEDIA, **form)
    assert (refused.status_code, said in refused.json()["detail"]) == (422, True), refused.text
    assert files(module_gateway) == before


def test_an_empty_body_is_said_to_be_empty(module_gateway: Gateway):
    for empty in ({"content": b""}, {"files": {"file": ("a.png", b"")}}):
        refused = module_gateway.http.post(MEDIA, **empty)
        assert (refused.status_code, "empty" in refused.json()["detail"]) == (415, True), refused.text


def test_what_was_deleted_is_gone(module_gateway: Gateway):
    view = upload(module_gateway, JPEG).json()
    assert view in module_gateway.http.get(MEDIA).json()["items"]
    module_gateway.http.delete(f"{MEDIA}/{view['id']}")
    assert module_gateway.http.get(f"{MEDIA}/{view['id']}").status_code == 404
    assert module_gateway.http.delete(f"{MEDIA}/{view['id']}").status_code == 404


def test_an_upload_is_its_workspaces_own(module_gateway: Gateway):
    view = upload(module_gateway, WEBM).json()
    theirs = module_gateway.with_key(new_workspace(module_gateway.settings, "theirs", ("read", "submit")))
    assert theirs.get(f"{MEDIA}/{view['id']}").status_code == 404
    assert theirs.delete(f"{MEDIA}/{view['id']}").status_code == 404
    assert theirs.get(MEDIA).json()["items"] == []
    assert module_gateway.http.get(f"{MEDIA}/{view['id']}", headers={"Authorization": ""}).status_code == 401


def test_uploads_and_their_end_are_in_the_audit_log(module_gateway: Gateway):
    view = upload(module_gateway, PNG).json()
    module_gateway.http.delete(f"{MEDIA}/{view['id']}")
    entries = module_gateway.http.get("/api/audit", params={"action": "media"}).json()["items"]
    assert [entry["action"] for entry in entries[:2]] == ["media.deleted", "media.created"]


def test_a_file_is_readable_by_its_owner_alone(module_gateway: Gateway):
    view = upload(module_gateway, PNG).json()
    path = module_gateway.settings.home / "media" / view["id"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("said", ["items=0-1", "bytes", "bytes=", "bytes=x-y", "bytes=5-2", "0-4", "bytes=1-2;3"])
def test_a_range_in_another_unit_or_none_is_passed_over(module_gateway: Gateway, said: str):
    address = f"{MEDIA}/{upload(module_gateway, PNG).json()['id']}"
    answer = module_gateway.http.get(address, headers={"Range": said})
    assert (answer.status_code, answer.content) == (200, PNG)


@pytest.mark.parametrize("said", ["bytes=0-3", "BYTES=0-3", "bytes = 0-3"])
def test_a_range_of_bytes_is_answered_as_one(module_gateway: Gateway, said: str):
    address = f"{MEDIA}/{upload(module_gateway, PNG).json()['id']}"
    answer = module_gateway.http.get(address, headers={"Range": said})
    assert (answer.status_code, answer.content) == (206, PNG[:4])
    beyond = module_gateway.http.get(address, headers={"Range": f"bytes={len(PNG)}-"})
    assert beyond.status_code == 416
