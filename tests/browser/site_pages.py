"""The site on a server of the test's own, opened in a headless browser that is let nowhere else."""

import functools
import http.server
import threading
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Route
from playwright.sync_api import Error as BrowserError

DESKTOP, PHONE = 1280, 390
SERIOUS = ("serious", "critical")
# Formulas have thousands of elements, which are MathJax's and hidden from those who listen: they take axe a minute.
NOT_LOOKED_AT = {"exclude": [["mjx-container"]]}
AXE = {"resultTypes": ["violations"], "preload": False}  # loading every style sheet once more tells it nothing
WAIT_MS = 60_000


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        pass


class Opened:
    """A page, and what it complained of or asked of others.

    Attributes:
        page: Playwright's page.
        complaints: what stands in its console as an error, and what it threw.
        outside: addresses on other servers that it asked for; none got an answer.
    """

    def __init__(self, context: BrowserContext, base: str):
        self.complaints: list[str] = []
        self.outside: list[str] = []
        self._base = base
        context.route("**/*", self._let_through)
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.on(
            "console", lambda m: self.complaints.append(f"{m.text} {m.location}") if m.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _let_through(self, route: Route) -> None:
        if route.request.url.startswith((self._base, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def settle(self) -> None:
        """Wait for the page, its formulas and its pictures."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("() => window.MathJax?.startup?.promise")

    def violations(self, part: str = "body") -> list[str]:
        """What axe-core calls serious or critical in a part of the page, an element each."""
        found = Axe().run(self.page, context={"include": [[part]], **NOT_LOOKED_AT}, options=AXE).response["violations"]
        return [
            f"{v['id']}: {node['target']} {node['html'][:120]}"
            for v in found
            if v["impact"] in SERIOUS
            for node in v["nodes"]
        ]


class Site:
    """The served site; `open` gives a page in a context of its own. They are closed together."""

    def __init__(self, folder: Path, browser: Browser):
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.base = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def open(self, path: str, width: int = DESKTOP, scheme: str = "light", motion: str = "reduce") -> Opened:
        """Open a page.

        Args:
            path: its address below the site's, such as `index.html`.
            width: of the window, in pixels.
            scheme: "light" or "dark", what the reader's system asks for.
            motion: "reduce" or "no-preference", likewise.
        """
        self.close_pages()
        context = self._browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion=motion
        )
        self._contexts.append(context)
        opened = Opened(context, self.base)
        opened.page.goto(self.base + path)
        opened.settle()
        return opened

    def close_pages(self) -> None:
        while self._contexts:
            try:
                self._contexts.pop().close()
            except BrowserError:  # its browser has gone
                continue

    def __enter__(self) -> "Site":
        return self

    def __exit__(self, *_: object) -> None:
        self.close_pages()
        self._server.shutdown()
        self._server.server_close()
