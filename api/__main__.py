"""`python -m api` serves the gateway in one process."""

from __future__ import annotations

from types import FrameType

import uvicorn

from api.live import Hub
from api.main import create_app
from api.serving import Server, serving
from shared.logging import configure
from shared.private_file import keep_private
from shared.settings import load_settings


class _Server(Server):
    """Ends open streams as soon as it is told to stop, instead of waiting for them."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop on SIGTERM or SIGINT; open streams end first."""
        self._hub.close()
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    keep_private()
    settings = load_settings()
    configure(settings, "gateway")
    app = create_app(settings)
    config = serving(app, settings)
    _Server(config, app.state.hub).run()


if __name__ == "__main__":
    main()
