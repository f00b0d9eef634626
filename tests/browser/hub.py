"""A real JupyterHub on 127.0.0.1: dummy users, a local spawner, a proxy in Python, everything in one folder."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from lab import LAB_SETTINGS, OPEN, SETTLE, free_port, wait_for, write_settings
from playwright.sync_api import Browser, BrowserContext, Page

HUB_START = 90.0  # seconds
CONFIG = """\
c = get_config()
c.JupyterHub.ip = c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.port, c.JupyterHub.hub_port = {ports[0]}, {ports[1]}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{ports[2]}"
c.ConfigurableHTTPProxy.command = [{proxy!r}]
c.ConfigurableHTTPProxy.pid_file = "proxy.pid"
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.cookie_secret_file = "cookie"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root", "--LabApp.expose_app_in_browser=True"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.Spawner.environment = {environment!r}
"""


class Hub:
    """The hub of a test.

    Args:
        folder: an empty one; homes of users are in `homes`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.homes = folder, folder / "homes"
        self.log = folder / "hub.log"
        self.homes.mkdir()
        ports = [free_port() for _ in range(3)]
        self.url = f"http://127.0.0.1:{ports[0]}"
        write_settings(folder / "settings", LAB_SETTINGS)
        # A student's kernel finds the course beside the notebook, and nowhere else.
        environment = {
            "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
            "JUPYTER_PREFER_ENV_PATH": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        config = CONFIG.format(
            ports=ports,
            proxy=str(Path(sys.executable).with_name("configurable-http-proxy")),
            homes=str(self.homes),
            python=sys.executable,
            environment=environment,
        )
        (folder / "config.py").write_text(config)
        variables = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHONPATH", "XDG_"))
        }
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", "config.py"],
                cwd=folder,
                env=variables,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_for(self._answers, "the hub to answer", HUB_START)
        except BaseException:
            self.stop()
            raise

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.log.read_text(errors="replace")[-3000:]
        try:
            with urllib.request.urlopen(f"{self.url}/hub/login", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            return False

    def stop(self) -> None:
        """End the hub, its proxy, all users' servers and their kernels."""
        with contextlib.suppress(psutil.NoSuchProcess):
            family = psutil.Process(self._process.pid).children(recursive=True)
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            for process in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait(10)


class Student:
    """A user of the hub, in a browser of their own.

    Args:
        hub: that they log in to.
        browser: a running one.
        name: of the user; the hub takes any password.
    """

    def __init__(self, hub: Hub, browser: Browser, name: str) -> None:
        self.hub, self.name = hub, name
        self._context: BrowserContext = browser.new_context()
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(1000 * OPEN)
        self.page.goto(f"{hub.url}/hub/login")
        self.page.fill("#username_input", name)
        self.page.fill("#password_input", "any")
        self.page.click("#login_submit")
        self.page.wait_for_url("**/hub/**")

    def follow(self, link: str, notebook: str) -> None:
        """Open an nbgitpuller link and wait for the notebook that it opens.

        Args:
            link: as the teacher gave it.
            notebook: path of the notebook in the student's home.
        """
        self.page.goto(link)
        self.page.wait_for_url(f"**/user/{self.name}/lab/tree/{notebook}*")
        wait_for(lambda: self._js("() => Boolean(window.jupyterapp)"), "JupyterLab to load", OPEN)
        self._js("() => jupyterapp.restored")
        self._js(
            """async path => {
                const panel = await jupyterapp.commands.execute("docmanager:open", {path, factory: "Notebook"});
                await panel.context.ready;
                await panel.sessionContext.ready;
                await panel.sessionContext.session.kernel.info;
                window.coursePanel = panel;
            }""",
            notebook,
        )

    def run(self, fragment: str) -> str:
        """Run the first code cell that has a text in it, and return what it printed."""
        outputs: list[dict[str, Any]] = self._js(
            """async fragment => {
                const cells = coursePanel.content.widgets;
                const index = cells.findIndex(c => c.model.type === "code" &&
                    c.model.sharedModel.getSource().includes(fragment));
                coursePanel.content.activeCellIndex = index;
                await jupyterapp.commands.execute("notebook:run-cell");
                return cells[index].model.outputs.toJSON();
            }""",
            fragment,
        )
        return "".join("".join(output.get("text", output.get("evalue", ""))) for output in outputs)

    def write(self, answers: dict[str, str]) -> None:
        """Write answers into the cells of exercises, and save.

        Args:
            answers: exercise -> code.
        """
        self._js(
            """async answers => {
                for (const cell of coursePanel.content.widgets) {
                    const exercise = (cell.model.getMetadata("course") ?? {}).todo;
                    if (exercise in answers) cell.model.sharedModel.setSource(answers[exercise]);
                }
                await coursePanel.context.save();
            }""",
            answers,
        )
        wait_for(lambda: not self._js("() => coursePanel.context.model.dirty"), "the notebook to be saved", SETTLE)

    def close(self) -> None:
        """Close the browser's window; the server on the hub goes on."""
        self._context.close()

    def _js(self, program: str, argument: Any = None) -> Any:
        return self.page.evaluate(program, argument)


@contextlib.contextmanager
def running_hub(folder: Path) -> Iterator[Hub]:
    """A hub that ends with the block."""
    hub = Hub(folder)
    try:
        yield hub
    finally:
        hub.stop()
