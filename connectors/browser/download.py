"""How is a file downloaded with the page's own sign-in? The page fetches it and hands it over in slices."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Protocol

from connectors.browser.driver import FETCH_S
from shared.errors import ContentRejected, Transient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


SLICE_BYTES = 1_048_576

# The answer is kept in a variable of the page: not every driver can wait for a promise.
FETCH = """(url, most) => {
  const slot = (window.callsheetFile = { state: "coming" });
  (async () => {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    const parts = [];
    let size = 0;
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > most) {
        await reader.cancel();
        slot.state = "large";
        return;
      }
      parts.push(value);
    }
    slot.file = new Uint8Array(await new Blob(parts).arrayBuffer());
    slot.state = "there";
  })().catch((error) => { slot.said = String(error).slice(0, 200); slot.state = "failed"; });
  return true;
}"""
SETTLED = """() => {
  const slot = window.callsheetFile;
  if (!slot) return { state: "failed", said: "the page was left", size: 0 };
  return slot.state === "coming" ? null : { state: slot.state, said: slot.said ?? "", size: slot.file?.length ?? 0 };
}"""
SLICE = """(from, to) => {
  const part = window.callsheetFile.file.subarray(from, to);
  let text = "";
  for (let at = 0; at < part.length; at += 8192) text += String.fromCharCode(...part.subarray(at, at + 8192));
  return btoa(text);
}"""


class Scripts(Protocol):
    """An object that can run a script in a page, and wait for one."""

    async def evaluate(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression; see `Driver`."""

    async def wait_until(self, script: str, *arguments: Any, within: float | None = None) -> Any:
        """Run a function expression until it answers something true; see `Driver`."""


async def download(driver: Scripts, url: str, *, most: int, within: float = FETCH_S) -> AsyncIterator[bytes]:
    """Yield the slices of the file that the open page fetches from an address; `most` is in bytes, `within` in seconds.

    Raises:
        Transient: it did not come in time, or not at all.
        ContentRejected: it is larger.
    """
    await driver.evaluate(FETCH, url, most)
    found = await driver.wait_until(SETTLED, within=within)
    if found is None:
        raise Transient(code="download_slow", message=f"The file did not come within {within:g} s.")
    if found["state"] == "large":
        raise ContentRejected(code="media_too_large", message=f"The file has more than {most} bytes.")
    if found["state"] != "there":
        raise Transient(code="download_failed", message=f"The file did not come: {found['said']}")
    for begin in range(0, int(found["size"]), SLICE_BYTES):
        yield base64.b64decode(await driver.evaluate(SLICE, begin, begin + SLICE_BYTES))
