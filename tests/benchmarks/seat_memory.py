"""Memory of one seat on a hub: a single-user server and a kernel after all cells of a lesson have run.

    python tests/benchmarks/seat_memory.py 01 07 10

Starts the server that a hub starts for each student (JupyterLab with all extensions), lets it start a kernel through
its own interface, runs every cell of the blank copy in it, and reads the memory of both processes and their children.
PSS counts a page that n processes share as one n-th for each. The peak is the highest PSS seen every half second while
the cells ran. Linux only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import secrets
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
import psutil
from jupyter_client import BlockingKernelClient

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from classroom.lessons import ROOT, choose
from classroom.release.handout import FILES, PACKAGES

MIB = 2**20
CELL_S = 600


def main() -> None:
    """Print a line for each lesson."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="+")
    options = parser.parse_args()
    print("lesson                         server    kernel   together (peak)   MiB of PSS", flush=True)
    for name in choose(options.lessons):
        server, kernel, peak = measure(name)
        print(
            f"{name:30} {server / MIB:6.0f}    {kernel / MIB:6.0f}   {(server + kernel) / MIB:8.0f} ({peak / MIB:.0f})"
        )


def measure(name: str) -> tuple[float, float, float]:
    """Bytes of the server, of the kernel at the end, and of both at their peak."""
    with tempfile.TemporaryDirectory() as folder, running_server(Path(folder)) as (url, token, process, runtime):
        for package in PACKAGES:
            (Path(folder) / package).symlink_to(ROOT / package)
        for file in FILES:
            (Path(folder) / file).symlink_to(ROOT / file)
        kernel_id = json.loads(ask(url + "api/kernels", token, b"{}"))["id"]
        client = BlockingKernelClient(connection_file=str(runtime / f"kernel-{kernel_id}.json"))
        client.load_connection_file()
        client.start_channels(hb=False)  # a heartbeat that a busy machine holds up would count as a death
        client.wait_for_ready(120)
        peak = [0.0]
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(0.5):
                peak[0] = max(peak[0], memory(process))

        watcher = threading.Thread(target=watch)
        watcher.start()
        notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4)
        client.execute_interactive(f"import os; os.chdir({folder!r})", output_hook=lambda message: None)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                client.execute_interactive(
                    cell.source, timeout=CELL_S, output_hook=lambda message: None, stop_on_error=False
                )
        stop.set()
        watcher.join()
        kernels = [child for child in process.children() if "ipykernel" in " ".join(child.cmdline())]
        kernel = sum(memory(child) for child in kernels)
        whole = memory(process)
        client.stop_channels()
        return whole - kernel, kernel, max(peak[0], whole)


def memory(process: psutil.Process) -> float:
    """PSS of a process and all that it started."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += one.memory_full_info().pss
    return total


@contextlib.contextmanager
def running_server(folder: Path):
    """A single-user server with its notebooks in a folder."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token, runtime = secrets.token_hex(8), folder / "runtime"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("JUPYTER", "PYTHONPATH"))}
    environment |= {
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "COURSE_SAVED": "none",
        "HOME": str(folder),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--ServerApp.port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={folder}", "--log-level=ERROR"]
    process = psutil.Popen(command, env=environment, cwd=folder)
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(600):
            with contextlib.suppress(urllib.error.URLError, OSError):
                ask(url + "api/status", token)
                break
            time.sleep(0.2)
        ask(url + "lab", token)  # the page loads what only it needs
        yield url, token, process, runtime
    finally:
        for child in process.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        process.kill()
        process.wait()


def ask(url: str, token: str, data: bytes | None = None) -> bytes:
    """What the server answers."""
    request = urllib.request.Request(url, data=data, headers={"Authorization": f"token {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


if __name__ == "__main__":
    main()
