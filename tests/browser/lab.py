"""A real JupyterLab in a real, headless Chromium, driven from a test.

A test of a lesson in ten lines:

    @pytest.mark.browser
    def test_lesson_03_shows_the_melted_stripe(lab):
        with lab.open("03_ising.ipynb") as notebook:
            notebook.run_cells("setup(", "import", "explorers.lattice")
            explorer = notebook.explorer("explorers.lattice")
            picture = explorer.picture()
            explorer.slider_by_keyboard("temperature", "ArrowRight", times=5)
            explorer.wait_for(lambda: explorer.picture() != picture, "a new picture")
            explorer.wait_for(lambda: f"T = {explorer.readout('temperature')}" in explorer.caption(), "the new T")
            notebook.screenshot("03_ising_melted")

The server, the browser and every notebook live in temporary folders: the checkout is only read. Whatever is waited
for has a time limit, and running into it raises `TimedOut` with what was waited for, after saving a screenshot.
"""

import base64
import contextlib
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.error import URLError

import numpy as np
import psutil
from jaxtyping import UInt8
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
SERVER_START = 90.0  # seconds; a cold start with a cold disk cache took 12 on two loaded cores
OPEN = 120.0  # the page and its kernel
RUN = 180.0  # one cell; the first import of PyTorch on a cold disk is the slowest
SETTLE = 30.0  # a picture, after a control moved
POLL = 0.1
REST = 0.5  # of a picture that is not going to change
RUSH_MS = 1000  # from the last of many keys to its picture; 200 on an idle machine
VIEWPORT = {"width": 1280, "height": 1200}

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "msedge",
)
BROWSER_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
BROWSER_FLAGS = (
    "--no-sandbox",  # containers run as root
    "--disable-gpu",
    "--disable-dev-shm-usage",  # containers have a /dev/shm of 64 MB
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Every cell is in the page, none is asked for news, nothing pops up.
LAB_SETTINGS = {
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
}


# A picture counts when it is decoded and the page has drawn it.
WATCH = """img => {
    window.courseLog = {input: performance.now(), pictures: [], captions: []};
    const heard = event => { if (event.isTrusted) Object.assign(courseLog, {input: event.timeStamp, pictures: []}); };
    if (!window.courseWatches) {
        for (const type of ["keydown", "pointerdown"]) window.addEventListener(type, heard, true);
        window.courseWatches = true;
    }
    if (img.courseWatched) return;
    img.courseWatched = true;
    img.addEventListener("load", () => requestAnimationFrame(() => courseLog.pictures.push(performance.now())));
    const caption = img.closest(".explorer").querySelector(".explorer-caption");
    const read = () => courseLog.captions.push(caption.innerText);
    new MutationObserver(read).observe(caption, {childList: true, subtree: true});
}"""
# What the newest explorer of the kernel has, to be compared with what the page shows.
STATE = """import hashlib, json
it = [value for value in Out.values() if hasattr(value, "picture")][-1]
print(json.dumps({"picture": hashlib.sha256(it.picture).hexdigest(), "caption": it.caption, "renders": it.renders,
                  "values": {name: value for name, value in it.values.items()}}))"""


class TimedOut(AssertionError):
    """Something that was waited for did not come."""


class CellFailed(AssertionError):
    """A cell that should run raised an error."""


def find_browser() -> str | None:
    """Path of a Chromium, Chrome or Edge on this machine, or None.

    COURSE_BROWSER names one that is not in a usual place.
    """
    named = os.environ.get("COURSE_BROWSER")
    if named:
        return named
    on_path = (shutil.which(name) for name in BROWSERS)
    return next((path for path in (*on_path, *BROWSER_PATHS) if path and Path(path).exists()), None)


def wait_for(condition: Callable[[], Any], what: str, seconds: float) -> Any:
    """The first true value of `condition`.

    Raises:
        TimedOut: if there was none in time.
    """
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimedOut(f"waited {seconds:g} s for {what}")
        time.sleep(POLL)


class Server:
    """JupyterLab of this Python on 127.0.0.1, serving a copy of the course from an empty configuration."""

    def __init__(self, folder: Path, source: Path = ROOT):
        self.source = source
        self.root = folder / "course"
        self.root.mkdir()
        for package in ("course_checks", "course_utils"):
            shutil.copytree(source / package, self.root / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(
            source / "notebooks", self.root / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints", "src")
        )
        shutil.copy(source / "pyproject.toml", self.root)
        self.token = secrets.token_hex(16)
        self.log = folder / "server.log"
        self._runtime = folder / "runtime"
        self._process = self._start(folder)
        self.url = self._wait_until_up()

    def _start(self, folder: Path) -> subprocess.Popen:
        write_settings(folder / "settings", LAB_SETTINGS)
        # Kernels find the course beside the notebook, not where the tests were started.
        dropped = ("JUPYTER", "PYTHONPATH")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        environment |= {
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._runtime),
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_PREFER_ENV_PATH": "1",
        }
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
        command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={free_port()}"]
        command += [f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.root}"]
        command += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        command += ["--LabApp.extension_manager=readonly"]
        with self.log.open("w") as log:
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment, cwd=self.root)

    def _wait_until_up(self) -> str:
        def answer() -> str | None:
            if self._process.poll() is not None:
                raise AssertionError(f"JupyterLab ended with {self._process.returncode}:\n{self._log_tail()}")
            for file in self._runtime.glob("jpserver-*.json"):
                try:
                    url = json.loads(file.read_text())["url"]  # the port may be another one than asked for
                    with urllib.request.urlopen(f"{url}api/status?token={self.token}", timeout=5):
                        return url
                except (URLError, OSError, ValueError):
                    continue
            return None

        try:
            return wait_for(answer, "JupyterLab to answer", SERVER_START)
        except BaseException as error:
            self.stop()
            if isinstance(error, TimedOut):
                raise TimedOut(f"{error}\n{self._log_tail()}") from None
            raise

    def restore(self, notebook: str, core: bool = False) -> None:
        """Puts the checkout's version of a notebook back: an earlier test may have run and saved it.

        Args:
            notebook: its file name.
            core: without the depth part, but with the report at its end.
        """
        original = self.source / "notebooks" / notebook
        if not original.exists():
            raise FileNotFoundError(f"there is no notebook {notebook}; is it built?")
        whole = json.loads(original.read_text("utf-8"))
        if core:
            cells = whole["cells"]
            end = next((i for i, c in enumerate(cells) if "depth" in c["metadata"].get("course", {})), len(cells))
            whole["cells"] = cells[:end] + [c for c in cells[end:] if "check.report(" in "".join(c["source"])]
        (self.root / "notebooks" / notebook).write_text(json.dumps(whole), "utf-8")

    def stop(self) -> None:
        """Ends the server, its kernels and whatever they started."""
        with contextlib.suppress(psutil.NoSuchProcess):
            family = psutil.Process(self._process.pid).children(recursive=True)
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait(15)
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(family, timeout=10)

    def _log_tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:]).replace(self.token, "…")


def write_settings(folder: Path, settings: dict[str, dict[str, Any]]) -> None:
    """Writes a user's settings of JupyterLab, each to its file."""
    for name, values in settings.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Lab:
    """The server of a test session, and its browser; `open` gives a notebook. One notebook is open at a time."""

    def __init__(self, folder: Path, browser: Browser, source: Path = ROOT):
        self._notebook: Notebook | None = None
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self.server = Server(folder, source)
            stack.callback(self.server.stop)
            self._browser = browser
            self._stack = stack.pop_all()

    def open(self, name: str, core: bool = False) -> "Notebook":
        """Opens a notebook of `notebooks/`, as in the checkout, in a fresh workspace with a fresh kernel.

        Args:
            name: its file name.
            core: without the depth part.
        """
        self.close_notebook()
        self.server.restore(name, core)
        context = self._browser.new_context(viewport=VIEWPORT)
        self._notebook = Notebook(context.new_page(), self.server, name)
        self._notebook.open()
        return self._notebook

    def screenshot(self, name: str) -> Path | None:
        """Saves what the open page shows, if one is open."""
        return self._notebook.screenshot(name) if self._notebook and not self._notebook.closed else None

    def close_notebook(self) -> None:
        if self._notebook:
            self._notebook.close()
            self._notebook = None

    def close(self) -> None:
        """Ends the server with all kernels."""
        with self._stack:
            self.close_notebook()


class Notebook:
    """One notebook in one browser window."""

    def __init__(self, page: Page, server: Server, name: str):
        self.page = page
        self.name = name
        self.closed = False
        self.complaints: list[str] = []  # what the page threw
        self._server = server
        page.set_default_timeout(1000 * SETTLE)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def __enter__(self) -> "Notebook":
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is not None:
            with contextlib.suppress(BrowserError):
                self.screenshot(f"failed_{self.name.removesuffix('.ipynb')}")
        self.close()

    def open(self) -> None:
        workspace = f"test-{secrets.token_hex(4)}"
        self.page.goto(
            f"{self._server.url}lab/workspaces/{workspace}?reset&token={self._server.token}", timeout=1000 * OPEN
        )
        self._until(lambda: self.page.evaluate("() => Boolean(window.jupyterapp)"), "JupyterLab to load", OPEN)
        self._js("() => jupyterapp.restored", "JupyterLab's layout", OPEN)
        self._js(
            """async path => {
                const panel = await jupyterapp.commands.execute("docmanager:open", {path, factory: "Notebook"});
                await panel.context.ready;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
                await panel.revealed;
                window.coursePanel = panel;
            }""",
            f"{self.name} and its kernel",
            OPEN,
            f"notebooks/{self.name}",
        )
        self._until(lambda: self.kernel() == "idle", "an idle kernel", OPEN)

    def kernel(self) -> str:
        """The kernel's status: idle, busy, starting, dead, …"""
        return self.page.evaluate("() => coursePanel.sessionContext.session?.kernel?.status ?? 'none'")

    def sources(self) -> list[str]:
        """The source of every cell; that of a markdown cell is empty, so that no search finds it."""
        return self.page.evaluate(
            """() => coursePanel.content.widgets.map(
                c => c.model.type === "code" ? c.model.sharedModel.getSource() : "")"""
        )

    def cell(self, fragment: str) -> int:
        """Index of the first code cell whose source contains `fragment`."""
        sources = self.sources()
        for index, source in enumerate(sources):
            if fragment in source:
                return index
        first_lines = "\n".join(source.splitlines()[0] for source in sources if source)
        raise AssertionError(f"no code cell of {self.name} contains {fragment!r}; the first lines are\n{first_lines}")

    def run_cells(self, *fragments: str | int, seconds: float = RUN) -> None:
        """Runs cells in the order given, each named by a piece of its source (or its index).

        Raises:
            CellFailed: if one ends with an error.
            TimedOut: if one takes longer than `seconds`.
        """
        for fragment in fragments:
            index = fragment if isinstance(fragment, int) else self.cell(fragment)
            ran = self._js(
                """async index => {
                    coursePanel.content.deselectAll();
                    coursePanel.content.activeCellIndex = index;
                    await jupyterapp.commands.execute("notebook:run-cell");
                    return coursePanel.content.widgets[index].model.executionCount;
                }""",
                f"cell {index} of {self.name} to run",
                seconds,
                index,
            )
            error = self.error(index)
            if error or not ran:
                raise CellFailed(
                    f"cell {index} of {self.name} {error or 'was not run'}; its source:\n{self.sources()[index]}"
                )
        self._until(lambda: self.kernel() == "idle", "an idle kernel", seconds)

    def run_all(self, seconds: float = RUN) -> int | None:
        """Runs all cells; JupyterLab stops at the first error of a cell that is not tagged `raises-exception`.

        Returns:
            The index of the first cell that raised an error, or None if none did.
        """
        self._js("() => jupyterapp.commands.execute('notebook:run-all-cells')", f"all of {self.name} to run", seconds)
        # JupyterLab answers as soon as a cell has raised an error, even if it goes on because that was expected.
        self._until(lambda: self.kernel() == "idle" and self._ran_to_its_end(), "the last cell to run", seconds)
        return next((index for index, source in enumerate(self.sources()) if source and self.error(index)), None)

    def _ran_to_its_end(self) -> bool:
        """Whether every code cell was run, or one that must not fail has failed."""
        return self.page.evaluate(
            """() => {
                const cells = coursePanel.content.widgets.filter(c => c.model.type === "code").map(c => c.model);
                const failed = m => m.outputs.toJSON().some(o => o.output_type === "error");
                const expected = m => (m.getMetadata("tags") ?? []).includes("raises-exception");
                const written = cells.filter(m => m.sharedModel.getSource().trim());
                return cells.some(m => failed(m) && !expected(m)) || written.every(m => m.executionCount);
            }"""
        )

    def ask(self, source: str) -> str:
        """What a cell prints that is added at the end of the notebook and run."""
        index = self.page.evaluate(
            """source => {
                const notebook = coursePanel.content.model.sharedModel;
                notebook.insertCell(notebook.cells.length, {cell_type: "code", source});
                return notebook.cells.length - 1;
            }""",
            source,
        )
        self.run_cells(index)
        return "".join("".join(output.get("text", "")) for output in self.outputs(index)).strip()

    def show(self, index: int) -> None:
        """Scrolls a cell to the middle of the window."""
        self.page.evaluate("i => coursePanel.content.widgets[i].node.scrollIntoView({block: 'center'})", index)

    def text(self, index: int) -> str:
        """What a reader sees under a cell."""
        return self.page.locator(f".jp-Notebook-cell >> nth={index}").locator(".jp-Cell-outputWrapper").inner_text()

    def outputs(self, index: int) -> list[dict[str, Any]]:
        """The outputs of a cell as in the notebook's format."""
        return self.page.evaluate("i => coursePanel.content.widgets[i].model.outputs.toJSON()", index)

    def error(self, index: int) -> str | None:
        """What the cell raised, or None."""
        for output in self.outputs(index):
            if output["output_type"] == "error":
                return f"raised {output['ename']}: {output['evalue']}"
        return None

    def explorer(self, fragment: str | int) -> "ExplorerView":
        """The explorer that a cell shows."""
        index = fragment if isinstance(fragment, int) else self.cell(fragment)
        view = ExplorerView(self, self.page.locator(f".jp-Notebook-cell >> nth={index}").locator(".explorer").first)
        self._until(lambda: view.is_drawn(), f"the explorer of cell {index} to be drawn", SETTLE)
        return view

    def screenshot(self, name: str) -> Path:
        """Saves what the window shows under tests/browser/screenshots/."""
        path = _screenshot_path(name)
        self.page.screenshot(path=path)
        return path

    def close(self) -> None:
        """Ends the kernel and closes the window."""
        if self.closed:
            return
        self.closed = True
        with contextlib.suppress(BrowserError):
            self.page.evaluate(
                """() => Promise.race([
                    coursePanel.sessionContext.shutdown(), new Promise(late => setTimeout(late, 10000))
                ])"""
            )
        with contextlib.suppress(BrowserError):
            self.page.context.close()

    def _js(self, function: str, what: str, seconds: float, argument: Any = None) -> Any:
        """The value of an async function in the page; Playwright itself would wait for ever."""
        race = f"""argument => Promise.race([
            Promise.resolve(({function})(argument)).then(value => ({{value}})),
            new Promise(late => setTimeout(() => late({{late: true}}), {1000 * seconds})),
        ])"""
        result = self.page.evaluate(race, argument)
        if result.get("late"):
            self._late(f"waited {seconds:g} s for {what}")
        return result.get("value")

    def _until(self, condition: Callable[[], Any], what: str, seconds: float) -> Any:
        try:
            return wait_for(condition, what, seconds)
        except TimedOut as error:
            self._late(str(error))

    def _late(self, message: str) -> NoReturn:
        try:
            path = self.screenshot(f"late_{self.name.removesuffix('.ipynb')}")
            message += f" (kernel: {self.kernel()}; screenshot: {path})"
        except BrowserError as error:  # the page is gone, or not yet JupyterLab
            message += f" ({error})"
        raise TimedOut(message + "".join(f"\nthe page threw: {text}" for text in self.complaints[-5:]))


class ExplorerView:
    """An explorer as the page shows it."""

    def __init__(self, notebook: Notebook, root: Locator):
        self.notebook = notebook
        self.root = root

    def is_drawn(self) -> bool:
        """Whether the picture is in the page and decoded."""
        picture = self.root.locator("img.explorer-picture")
        return picture.count() > 0 and picture.evaluate("img => img.complete && img.naturalWidth > 0")

    def picture_bytes(self) -> bytes:
        """The PNG now shown."""
        data = self.root.locator("img.explorer-picture").evaluate(
            """async img => {
                const bytes = new Uint8Array(await (await fetch(img.src)).arrayBuffer());
                return btoa(Array.from(bytes, b => String.fromCharCode(b)).join(""));
            }"""
        )
        return base64.b64decode(data)

    def picture(self) -> str:
        """A hash of the picture now shown: equal for equal pictures."""
        return hashlib.sha256(self.picture_bytes()).hexdigest()

    def pixels(self) -> UInt8[np.ndarray, "height width 3"]:
        """The picture now shown, in sRGB."""
        return np.asarray(Image.open(io.BytesIO(self.picture_bytes())).convert("RGB"))

    def assert_says_its_caption(self) -> None:
        """What a screen reader is given to read out is the caption, once it has come to rest."""
        voice = self.root.locator(".explorer-voice")
        self.wait_for(lambda: _flat(voice.text_content()) == _flat(self.caption()), "the caption to be said")
        assert voice.get_attribute("role") == "status"

    def caption(self) -> str:
        """The text under the picture."""
        return self.root.locator(".explorer-caption").inner_text()

    def sweeps(self) -> int:
        """The number of sweeps in the caption of a live lattice."""
        return int(re.search(r"([\d,]+) sweeps? after", self.caption())[1].replace(",", ""))

    def failed(self) -> bool:
        """Whether the caption is an error message."""
        return self.root.locator(".explorer-error").count() > 0

    def control(self, name: str) -> Locator:
        """A control by the name that the explorer's callback gives it."""
        control = self.root.locator(f".explorer-control-{name}")
        if control.count() == 0:
            raise AssertionError(f"the explorer shows no control {name!r}")
        return control.first

    def readout(self, name: str) -> str:
        """The number beside a slider."""
        return self.control(name).locator(".widget-readout").inner_text()

    def watch(self) -> None:
        """Lets the page write down, on its own clock, when a key or the pointer went down and when a picture came."""
        self.root.locator("img.explorer-picture").evaluate(WATCH)

    def kernel_state(self) -> dict[str, Any]:
        """Picture (its hash), caption, values and number of renders of the newest explorer, as the kernel has them."""
        return json.loads(self.notebook.ask(STATE))

    def assert_shows_what_the_kernel_has(self) -> dict[str, Any]:
        """Picture and caption are those of the kernel, and each slider's number is the value that was drawn."""
        state = self.kernel_state()
        assert self.picture() == state["picture"]
        assert _flat(self.caption()) == _flat(state["caption"])
        for name, value in state["values"].items():
            if self.control(name).locator(".widget-readout").count():
                assert float(self.readout(name).replace("−", "-")) == round(value, 3), name
        return state

    def assert_accessible(self) -> None:
        """Axe finds nothing wrong with names and roles, and each control and the picture has a name."""
        from axe_playwright_python.sync_playwright import Axe

        self.wait_for(lambda: self.root.locator("img.explorer-picture").get_attribute("alt"), "the picture's words")
        self.root.evaluate("element => element.setAttribute('data-axe', '')")
        rules = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag21a", "wcag22a"]}}
        found = Axe().run(self.notebook.page, context="[data-axe]", options=rules).response["violations"]
        self.root.evaluate("element => element.removeAttribute('data-axe')")
        assert not found, "\n".join(f"{each['id']}: {[node['html'] for node in each['nodes']]}" for each in found)
        for handle in self.root.locator(".noUi-handle").all():
            assert handle.get_attribute("aria-label")
            assert handle.get_attribute("aria-valuetext")
        for row in self.root.locator(".widget-toggle-buttons").all():
            assert row.get_attribute("aria-label")
            pressed = [button.get_attribute("aria-pressed") for button in row.get_by_role("button").all()]
            assert pressed.count("true") == 1

    def assert_follows_a_rush(self, name: str, key: str, times: int = 30, soon: float = RUSH_MS) -> None:
        """Many quick keys on a slider leave no queue: the last picture is soon there, and none comes out of turn.

        Args:
            name: of the control.
            key: on the keyboard.
            times: how often.
            soon: ms in which a picture is there with all its stages.
        """
        before = self.kernel_state()["renders"]
        self.watch()
        handle = self.control(name).locator(".noUi-handle").first
        handle.focus()
        for _ in range(times):
            handle.press(key)
        self.settle()
        waits, captions = self.waits(), self.notebook.page.evaluate("() => courseLog.captions")
        state = self.assert_shows_what_the_kernel_has()
        renders = state["renders"] - before
        print(f"{times} keys on {name}: {renders} renders, last picture after {waits[-1] if waits else 0:.0f} ms")
        assert renders < times / 2 or max(waits, default=0) < soon
        assert _flat(captions[-1]) == _flat(state["caption"])
        repeated = [text for k, text in enumerate(captions) if text in captions[:k] and text != captions[k - 1]]
        assert not repeated, "an older picture came after a newer one"

    def waits(self) -> list[float]:
        """Milliseconds from the last key or press of the pointer to each picture since, as the page saw them."""
        return self.notebook.page.evaluate("() => courseLog.pictures.map(at => at - courseLog.input)")

    def slider_by_keyboard(self, name: str, key: str, times: int = 1) -> None:
        """Puts the focus on a slider's handle, presses a key, and waits until the picture has settled."""
        handle = self.control(name).locator(".noUi-handle").first
        handle.focus()
        for _ in range(times):
            handle.press(key)
        self.settle()

    def choose(self, name: str, label: str) -> None:
        """Presses one of a row of buttons, and waits until the picture has settled."""
        self.control(name).get_by_role("button", name=label, exact=True).click()
        self.settle()

    def settle(self, seconds: float = SETTLE) -> None:
        """Waits until the kernel is idle and the picture, with all its stages, stays the same."""
        last, since = "", time.monotonic()

        def settled() -> bool:
            nonlocal last, since
            before, last = last, f"{self.notebook.kernel()} {self.picture()} {self.caption()}"
            if before != last or not last.startswith("idle") or "so far" in last:
                since = time.monotonic()
            return time.monotonic() - since > REST  # what a control says takes a moment to reach the kernel

        self.wait_for(settled, "the picture to settle", seconds)

    def wait_for(self, condition: Callable[[], Any], what: str, seconds: float = SETTLE) -> Any:
        """The first true value of `condition`; a screenshot and `TimedOut` if there is none."""
        return self.notebook._until(condition, what, seconds)

    def screenshot(self, name: str) -> Path:
        """Saves the explorer alone, and leaves it in the middle of the window."""
        self.root.evaluate("element => element.scrollIntoView({block: 'center'})")
        path = _screenshot_path(name)
        self.root.screenshot(path=path)
        return path


def _flat(text: str) -> str:
    return " ".join(text.split())


def _screenshot_path(name: str) -> Path:
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS / f"{re.sub(r'[^A-Za-z0-9_.-]+', '_', name)}.png"


@contextlib.contextmanager
def running_browser(path: str) -> Iterator[Browser]:
    """A headless browser. One serves all tests of a process: Playwright's driver cannot be started twice in it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(BROWSER_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def lab_session(folder: Path, browser: Browser) -> Iterator[Lab]:
    """A lab that is closed whatever happens."""
    lab = Lab(folder, browser)
    try:
        yield lab
    finally:
        lab.close()
