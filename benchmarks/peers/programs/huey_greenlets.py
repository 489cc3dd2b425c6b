"""Huey's consumer on greenlets: what waits is patched before the rest is imported, which its program leaves to others."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

from huey.bin.huey_consumer import consumer_main  # noqa: E402 - patched before

if __name__ == "__main__":
    consumer_main()
