"""What stands on the practice platforms now: accounts, posts, comments, threads, all rebuilt from the truth log?"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox import seed
from sandbox.truth import Effect, Line, TruthLog, now

if TYPE_CHECKING:
    from collections.abc import Callable

DEMO = seed.DEMO
WRONG = "someone_else"  # who the pages show while the fault wrong_account strikes
HANDLE = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.]{0,28}[A-Za-z0-9_])?")
MOST_EFFECTS = 100_000  # in one epoch: the memory bound; a reset makes room
MOST_ACCOUNTS = 5_000
MOST_MUTATIONS = 200_000
SHOWN = 200
FIRST_ID = 17_800_000_000_000_000


class FullError(RuntimeError):
    """The epoch holds as much as memory is meant to; a reset makes room."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a film stands in the queue and is made (seconds), and how many of a person are made at once (0: any)."""

    queued_s: float = 0.2
    made_in_s: float = 0.6
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """A write that passed every check and has no id yet."""

    platform: str
    kind: str
    account: str
    target: str
    text: str
    mutation: str
    hidden_for: float = 0.0  # seconds until listings show it


class Platform:
    """The current epoch of one practice platform."""

    def __init__(self, name: str, make_post: Callable[[int], seed.Post]) -> None:
        """Make the seeded people and posts."""
        self.name = name
        self.people = seed.people()
        self.accounts: dict[str, None] = {DEMO: None, WRONG: None}
        self.posts = {post.id: post for post in map(make_post, range(seed.POSTS + seed.OWN))}
        self.make_post = make_post
        self.credits: dict[str, Any] | None = None
        self.pace = Pace()
        self._films: dict[str, Effect] = {}
        self._comments: defaultdict[str, list[Effect]] = defaultdict(list)
        self._threads: defaultdict[tuple[str, str], list[Effect]] = defaultdict(list)
        self._requests: set[tuple[str, str]] = set()  # threads that strangers began and nobody has accepted

    def knows(self, handle: str) -> bool:
        """Answer whether somebody of that handle exists here."""
        return handle in self.people or handle in self.accounts

    def name_of(self, handle: str) -> str:
        """Answer the name that stands beside the handle."""
        person = self.people.get(handle)
        return person.name if person else handle.replace("_", " ").title()

    def add(self, effect: Effect) -> None:
        """Put an effect where the pages find it."""
        if effect.kind == "comment":
            self._comments[effect.target].append(effect)
        elif effect.kind == "video":
            self._films[effect.id] = effect
            self.credits = spent(self.credits)
        else:
            self._threads[pair(effect.account, effect.target)].append(effect)

    def keep_thread(self, one: str, other: str, *, accepted: bool) -> None:
        """Keep the thread between two people among the requests, or among the others from now on."""
        if accepted:
            self._requests.discard(pair(one, other))
        else:
            self._requests.add(pair(one, other))

    def is_request(self, one: str, other: str) -> bool:
        """Answer whether nobody has accepted that thread yet."""
        return pair(one, other) in self._requests

    def clear(self) -> None:
        """Forget comments and threads; accounts and posts stay."""
        self._comments.clear()
        self._threads.clear()
        self._requests.clear()
        self._films.clear()

    def comments(self, post: seed.Post, first: str | None = None) -> list[Effect | seed.Remark]:
        """List a post's visible comments, newest first, at most 200; the one with the id `first` leads."""
        own = visible(self._comments.get(post.id, []))
        seen: list[Effect | seed.Remark] = [*own, *reversed(seed.remarks(self.name, post))]
        if first is not None:
            seen.sort(key=lambda row: row.id != first)
        return seen[:SHOWN]

    def comment(self, post: seed.Post, comment_id: str) -> Effect | seed.Remark | None:
        """Find one visible comment of a post."""
        rows: list[Effect | seed.Remark] = [*visible(self._comments.get(post.id, [])), *seed.remarks(self.name, post)]
        return next((row for row in rows if row.id == comment_id), None)

    def reply(self, comment_id: str) -> tuple[seed.Post | None, Effect | seed.Remark | None]:
        """Find a visible comment by its id alone, with the post that it stands under."""
        found = ((post, self.comment(post, comment_id)) for post in self.posts.values())
        return next(((post, row) for post, row in found if row is not None), (None, None))

    def has_said(self, draft: Draft) -> bool:
        """Answer whether the account wrote this comment under this post before."""
        return draft.kind == "comment" and any(
            (row.account, row.text) == (draft.account, draft.text) for row in self._comments.get(draft.target, [])
        )

    def arrivals(self, viewer: str) -> list[tuple[str, seed.Post, Effect]]:
        """List what others wrote under the viewer's posts or with the viewer's name in it, newest first, with its kind."""
        found = [
            ("comment" if post.author == viewer else "mention", post, row)
            for post in self.posts.values()
            for row in visible(self._comments.get(post.id, []))
            if row.account != viewer and (post.author == viewer or f"@{viewer}" in row.text)
        ]
        return sorted(found, key=lambda one: one[2].id, reverse=True)[:SHOWN]

    def messages(self, one: str, other: str) -> list[Effect]:
        """List the newest 200 visible messages between two people, oldest first."""
        return visible(self._threads.get(pair(one, other), []))[:SHOWN][::-1]

    def threads(self, viewer: str, *, requests: bool = False) -> list[tuple[str, Effect]]:
        """List whom the viewer has messages with and the newest of each, newest first; or those that ask to be accepted."""
        last = [
            (other_of(key, viewer), shown[0])
            for key, rows in self._threads.items()
            if viewer in key and (key in self._requests) == requests and (shown := visible(rows))
        ]
        return sorted(last, key=lambda row: row[1].id, reverse=True)[:SHOWN]

    def films(self, viewer: str) -> list[Effect]:
        """List the newest 200 films that somebody ordered, newest first."""
        return visible([film for film in self._films.values() if film.account == viewer])[:SHOWN]

    def film(self, viewer: str, film_id: str) -> Effect | None:
        """Find a film that somebody ordered."""
        film = self._films.get(film_id)
        return film if film is not None and film.account == viewer else None

    def thread_id(self, one: str, other: str) -> str:
        """Answer the seventeen digits that name the thread between two people."""
        number = int(seed.digest(self.name, "thread", *pair(one, other))[:14], 16)
        return str(10**16 + number % (9 * 10**16))

    def partner(self, viewer: str, thread: str) -> str | None:
        """Answer whom the viewer talks to in the thread with this id."""
        known = (*self.people, *self.accounts)
        return next((handle for handle in known if handle != viewer and self.thread_id(viewer, handle) == thread), None)


def spent(stand: dict[str, Any] | None) -> dict[str, Any] | None:
    """Answer what may be spent after one film more; free ones go first."""
    if stand is None:
        return None
    purse = "free" if stand.get("free") else "paid"
    return stand | {purse: max(0, int(stand.get(purse) or 0) - 1)}


def pair(one: str, other: str) -> tuple[str, str]:
    """Answer the key of the thread between two people, the same from both sides."""
    return (one, other) if one <= other else (other, one)


def other_of(key: tuple[str, str], viewer: str) -> str:
    """Answer the person of a thread who is not the viewer."""
    return key[1] if key[0] == viewer else key[0]


def visible(rows: list[Effect]) -> list[Effect]:
    """Answer what listings show by now, newest first."""
    moment = time.time()
    return [row for row in reversed(rows) if row.listed_at <= moment]


class World:
    """All practice platforms, and the only place where something is written."""

    def __init__(self, log: TruthLog, platforms: dict[str, Platform]) -> None:
        """Rebuild the present from the log."""
        self.log = log
        self.platforms = platforms
        self.epoch = 1
        self.effects: list[Effect] = []
        self._next_id = FIRST_ID
        self._seen: OrderedDict[tuple[str, str], Effect] = OrderedDict()  # by platform and mutation id
        self._under_way: dict[tuple[str, str], asyncio.Future[Effect]] = {}
        for line in log.lines():
            self._replay(line)

    def _replay(self, line: Line) -> None:
        platform = self.platforms.get(str(line.get("platform")))
        match line.get("line"):
            case "epoch":
                self._begin(int(line["epoch"]))
            case "effect":
                effect = Effect.from_line(line)
                self._next_id = max(self._next_id, int(effect.id) + 1)
                self._apply(effect)
            case "account" if platform is not None:
                platform.accounts[line["handle"]] = None
            case "credits" if platform is not None:
                platform.credits = line["credits"]
            case "request" if platform is not None and line["epoch"] == self.epoch:
                platform.keep_thread(line["one"], line["other"], accepted=line["accepted"])

    def _begin(self, epoch: int) -> None:
        if epoch <= self.epoch:
            return
        self.epoch = epoch
        self.effects = []
        for platform in self.platforms.values():
            platform.clear()

    def _apply(self, effect: Effect) -> None:
        self._seen[effect.platform, effect.mutation] = effect
        if len(self._seen) > MOST_MUTATIONS:
            self._seen.popitem(last=False)
        platform = self.platforms.get(effect.platform)
        if effect.epoch == self.epoch and platform is not None:
            self.effects.append(effect)
            platform.add(effect)

    async def reset(self) -> int:
        """Begin a new epoch and answer its number; what was written stays in the log."""
        epoch = self.epoch + 1
        await self.log.append({"line": "epoch", "epoch": epoch, "at": now()})
        self._begin(epoch)
        return self.epoch

    async def sign_in(self, platform: Platform, handle: str) -> None:
        """Make sure that an account of this handle exists. Raises FullError when there are too many."""
        if platform.knows(handle):
            return
        if len(platform.accounts) >= MOST_ACCOUNTS:
            raise FullError(platform.name)
        platform.accounts[handle] = None
        await self.log.append({"line": "account", "platform": platform.name, "handle": handle, "at": now()})

    async def keep_thread(self, platform: Platform, one: str, other: str, *, accepted: bool) -> None:
        """Keep a thread among the requests, or take it out."""
        line = {"line": "request", "platform": platform.name, "one": one, "other": other, "accepted": accepted}
        await self.log.append({**line, "epoch": self.epoch, "at": now()})
        platform.keep_thread(one, other, accepted=accepted)

    async def set_credits(self, platform: Platform, stand: dict[str, Any]) -> None:
        """Keep what the platform says that may be spent."""
        await self.log.append({"line": "credits", "platform": platform.name, "credits": stand, "at": now()})
        platform.credits = stand

    def knows_mutation(self, platform: Platform, mutation: str) -> bool:
        """Answer whether a write of this click arrived before, or is under way."""
        key = (platform.name, mutation)
        return key in self._seen or key in self._under_way

    async def repeat(self, platform: Platform, mutation: str) -> Effect:
        """Note that a click arrived again, and answer the one effect that it has."""
        first = self._seen.get((platform.name, mutation))
        if first is None:
            first = await asyncio.shield(self._under_way[platform.name, mutation])
        line = {"line": "deduplicated", "platform": platform.name, "mutation": mutation, "effect": first.id}
        await self.log.append({**line, "epoch": self.epoch, "at": now()})
        return first

    async def write(self, draft: Draft) -> Effect:
        """Write one effect; it is on the disk when this returns. Raises FullError or OSError, with nothing written."""
        if len(self.effects) + len(self._under_way) >= MOST_EFFECTS:
            raise FullError(draft.platform)
        effect = self._effect(draft)
        promise: asyncio.Future[Effect] = asyncio.get_running_loop().create_future()
        self._under_way[draft.platform, draft.mutation] = promise
        try:
            await self.log.append(effect.line())
        except OSError as error:
            promise.set_exception(error)
            promise.exception()  # nobody has to wait for it
            raise
        else:
            self._apply(effect)
            promise.set_result(effect)
        finally:
            del self._under_way[draft.platform, draft.mutation]
        return effect

    def _effect(self, draft: Draft) -> Effect:
        number, self._next_id = self._next_id, self._next_id + 1
        return Effect(
            id=str(number),
            platform=draft.platform,
            kind=draft.kind,
            account=draft.account,
            target=draft.target,
            text=draft.text,
            at=now(),
            epoch=self.epoch,
            mutation=draft.mutation,
            listed_at=time.time() + draft.hidden_for if draft.hidden_for else 0.0,
        )
