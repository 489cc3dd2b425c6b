"""Does every connector have what a connector has? A new folder is tried here by itself."""

from __future__ import annotations

import importlib
import io
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import connectors
from connectors.browser.pages.refusal import by_marker, by_words, markers_of
from connectors.browser.pages.selectors import load_locators
from connectors.contract.manifest import Manifest
from connectors.registry import MANIFESTS, load_action
from connectors.scaffold import FILES, QUESTIONS, facts_from, main, make
from shared.errors import CallsheetError, NotConfigured

if TYPE_CHECKING:
    from connectors.browser.pages.refusal import Refusals

ROOT = Path(connectors.__file__).parent
RULES = set(tomllib.loads(FILES["quality.toml"].format(title="x"))["rules"])
PLATFORMS = sorted(MANIFESTS)
DRIVEN = [name for name in PLATFORMS if (ROOT / name / "pages").is_dir()]


# What somebody says who adds a platform.
FACTS = {
    "origin": "https://mastodon.social",
    "other_hosts": "mastodon.online",
    "words_after_owner": "",
    "dm": "10 30 60-300",
    "comment": "none",
    "active": "9-21",
    "same_recipient_h": "48",
    "word": "needs_consent",
    "rule": 'Its rules say "ask first".',
    "source": "https://mastodon.social/about",
}


def refusals(platform: str) -> Refusals:
    table: Refusals = importlib.import_module(f"connectors.{platform}.errors").REFUSALS
    return table


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_the_manifest_declares_has_code_and_nothing_else_has(platform: str) -> None:
    manifest = MANIFESTS[platform]
    declared = {(one.name, one.transport) for one in manifest.capabilities}
    assert set(importlib.import_module(f"connectors.{platform}.actions").ACTIONS) == declared
    assert not declared & {(one.name, one.transport) for one in manifest.unsupported}
    assert manifest.platform == platform
    assert manifest.origin == f"https://{manifest.hosts[0]}"
    for name, transport in declared:
        assert load_action(platform, name, transport) is not None


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_hosts_of_a_platform_are_its_own_each_once_and_as_they_are_compared(platform: str) -> None:
    own = MANIFESTS[platform].hosts
    assert len(set(own)) == len(own)
    assert all(re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) for host in own)
    assert not {host for name in PLATFORMS if name != platform for host in MANIFESTS[name].hosts} & set(own)


@pytest.mark.parametrize(
    ("platform", "host"),
    [
        ("instagram", "instagram.com"),
        ("threads", "threads.net"),
        ("threads", "www.threads.net"),
        ("tiktok", "m.tiktok.com"),
        ("x", "mobile.twitter.com"),
        ("x", "twitter.com"),
    ],
)
def test_other_hosts_of_a_platform_are_known(platform: str, host: str) -> None:
    assert host in MANIFESTS[platform].other_hosts


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_transport_in_use_has_its_policy_with_its_source(platform: str) -> None:
    manifest = MANIFESTS[platform]
    used = {one.transport for one in manifest.capabilities} | ({"api"} if manifest.oauth or manifest.secret else set())
    assert set(manifest.policy) >= used
    for policy in manifest.policy.values():
        assert policy.word == "allowed" or (len(policy.rule) > 10 and policy.source.startswith("https://"))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_who_writes_to_people_has_budgets_pauses_and_quiet_hours_for_it(platform: str) -> None:
    manifest = MANIFESTS[platform]
    for action in {one.name for one in manifest.capabilities} & {"comment", "dm"}:
        assert action in {rule.action for rule in manifest.limits.rules}
        assert action in {one.action for one in manifest.limits.spacing}
        assert manifest.limits.quiet is not None


@pytest.mark.parametrize("field", ["limits", "policy", "same_recipient_h", "other_hosts", "words_after_owner"])
def test_a_manifest_without_a_platforms_facts_is_none(field: str) -> None:
    facts = {one.name: getattr(MANIFESTS["x"], one.name) for one in fields(Manifest) if one.init and one.name != field}
    with pytest.raises(TypeError, match=field):
        Manifest(**facts)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_figures_are_bounded_and_say_where_they_come_from(platform: str) -> None:
    for one in MANIFESTS[platform].capabilities:
        assert one.call_s > 0
        assert (one.visibility_s > 0) == (one.kind == "action" and one.verification != "blind")
        assert (one.max_text > 0) == (one.kind == "action")
        assert len(one.source) > 10
    assert all(len(one.reason) > 10 for one in MANIFESTS[platform].unsupported)


def test_what_a_connector_does_not_have_names_it() -> None:
    for platform, capability in (("instagram", "publish"), ("nowhere", "comment")):
        with pytest.raises(NotConfigured) as caught:
            load_action(platform, capability, "chromium")
        assert caught.value.code == "unsupported"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_every_rule_is_done_or_exempt_with_a_reason(platform: str) -> None:
    rules = tomllib.loads((ROOT / platform / "quality.toml").read_text(encoding="utf-8"))["rules"]
    assert set(rules) == RULES
    for rule in rules.values():
        assert rule == {"status": "done"} or (rule["status"] == "exempt" and len(rule["reason"]) > 10)
    assert (ROOT / platform / "BEHAVIOUR.md").read_text(encoding="utf-8").startswith("# How ")


@pytest.mark.parametrize("platform", DRIVEN)
def test_every_locator_is_used_and_every_used_one_is_there(platform: str) -> None:
    pages = ROOT / platform / "pages"
    there = set(load_locators(pages / "selectors.toml"))
    files = (*pages.glob("*.py"), *(ROOT / "browser").rglob("*.py"), ROOT / platform / "actions.py")
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    marks = set(markers_of(refusals(platform)))
    used = {name for name in there if f'"{name}"' in code} | marks
    assert used == there


@pytest.mark.parametrize("platform", DRIVEN)
def test_every_row_of_the_table_of_refusals_can_be_reached(platform: str) -> None:
    table = refusals(platform)
    for row in table:
        assert bool(row.words) != bool(row.marker)
        if row.marker:
            error: CallsheetError | None = by_marker(table, row.marker)
            assert error is not None
            assert error.message
        else:
            hit = by_words(table, [f"Oh no: {row.words.upper()}!"])
            assert hit is not None
            error = hit[1]
        assert isinstance(error, row.error)
        assert error.code == row.code
    assert by_words(table, ["What a light in this one."]) is None


def test_nothing_asks_whether_an_account_is_for_practice() -> None:
    for file in ROOT.rglob("*.py"):
        code = re.sub(r'""".*?"""|#.*', "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "practice" not in code, file
        assert "127.0.0.1" not in code, file
        assert "os.environ" not in code, file


@pytest.mark.parametrize("platform", PLATFORMS)
def test_only_pages_and_the_client_know_addresses(platform: str) -> None:
    for file in (ROOT / platform).glob("*.py"):
        if file.name not in {"client.py", "manifest.py"}:
            assert "://" not in file.read_text(encoding="utf-8"), file


def test_a_new_connector_starts_with_all_files_and_loads(tmp_path: Path) -> None:
    made = make("mastodon", tmp_path, facts_from(FACTS, input))
    assert {str(file.relative_to(tmp_path / "mastodon")) for file in made} == set(FILES)
    space: dict[str, object] = {}
    exec((tmp_path / "mastodon" / "manifest.py").read_text(), space)
    manifest = space["MANIFEST"]
    assert isinstance(manifest, Manifest)
    assert manifest.platform == "mastodon"
    assert manifest.hosts == ("mastodon.social", "mastodon.online")
    assert [rule.max for rule in manifest.limits.rules] == [10, 30]
    assert (manifest.policy["safari"].word, manifest.same_recipient_h) == ("needs_consent", 48)
    assert {field.name for field in fields(Manifest)} >= {"platform", "capabilities"}
    for file in made:
        if file.suffix == ".py":
            compile(file.read_text(encoding="utf-8"), str(file), "exec")
    tomllib.loads((tmp_path / "mastodon" / "quality.toml").read_text())
    with pytest.raises(FileExistsError):
        make("mastodon", tmp_path, facts_from(FACTS, input))


@pytest.mark.parametrize("name", ["", "Mastodon", "../x", "a-b", "9gag", "browser", "class", "x" * 31])
def test_names_that_cannot_be_a_folder_are_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        make(name, tmp_path, {})
    assert main([name]) == 2
    assert "cannot be a connector's name" in capsys.readouterr().err


def test_the_scaffold_leaves_what_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instagram"]) == 1
    assert "nothing was changed" in capsys.readouterr().err


def test_the_scaffold_asks_for_each_fact_that_nobody_said() -> None:
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return FACTS[QUESTIONS[len(asked) - 1].key]

    assert facts_from({}, answer) == facts_from(FACTS, input)
    assert asked == [f"{question.asks} " for question in QUESTIONS]


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("origin", "mastodon.social"),
        ("origin", "https://mastodon.social/@me"),
        ("dm", "ten"),
        ("comment", ""),
        ("active", "9-25"),
        ("same_recipient_h", "a day"),
        ("word", "perhaps"),
        ("rule", " "),
        ("source", "their terms"),
    ],
)
def test_what_is_no_answer_is_refused_with_what_would_be_one(key: str, answer: str) -> None:
    with pytest.raises(ValueError, match="is no answer"):
        facts_from(FACTS | {key: answer}, input)


def test_where_nobody_answers_no_platform_is_made(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["mastodon"]) == 2
    assert "Nothing was made" in capsys.readouterr().err
    assert not (ROOT / "mastodon").exists()
