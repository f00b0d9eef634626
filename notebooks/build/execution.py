"""Runs a notebook, and takes out of the result what would differ from run to run."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from .notebook import to_text
from .source import PACKAGES

MAX_SOLVED_BYTES = 3_000_000
CELL_TIMEOUT_S = 900
#: Asks the kernel, after the last cell, which modules of the course it has imported.
MODULES = f"""\
import sys
print(*sorted(name for name in sys.modules if name.partition(".")[0] in {PACKAGES}))"""


class RunError(Exception):
    """A solved notebook could not be made: a cell failed, wrote to stderr, or the result is too large."""


def this_python() -> Any:
    """A kernel spec manager whose only kernel is this very Python, whatever kernels the machine knows."""
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager

    class ThisPython(KernelSpecManager):
        def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=40"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

    return ThisPython()


def kernel_environment() -> dict[str, str]:
    """The environment of a lesson's kernel: figures go into the notebook, whatever the caller's matplotlib does.

    Nor does a training go on where an earlier run of the lesson left it.
    """
    return {k: v for k, v in os.environ.items() if k != "MPLBACKEND"} | {"COURSE_SAVED": "none"}


def execute(notebook: NotebookNode, folder: Path, name: str) -> tuple[NotebookNode, list[str]]:
    """Run a notebook in `folder`.

    Returns:
        The notebook with its outputs, and the modules of `PACKAGES` that its kernel had imported at the end.

    Raises:
        RunError: if a cell fails or writes to stderr; names the lesson, the cell and the message.
    """
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    class Manager(AsyncKernelManager):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(kernel_spec_manager=this_python(), **kwargs)

    run = copy.deepcopy(notebook)
    run.cells.append(new_code_cell(MODULES))
    client = NotebookClient(
        run,
        timeout=CELL_TIMEOUT_S,
        kernel_manager_class=Manager,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # a progress bar leaves its last line only
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(env=kernel_environment())
    except CellExecutionError as error:
        raise RunError(f"{name}, {_failing_cell(run)}: {error.ename}: {_plain(error.evalue)}") from None
    except (CellTimeoutError, DeadKernelError) as error:
        raise RunError(f"{name}, {_failing_cell(run)}: {_plain(str(error)).splitlines()[0]}") from None
    modules = run.cells.pop().outputs[0].text.split()
    for i, cell in enumerate(run.cells, 1):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                raise RunError(f"{name}, {_where(cell, i)} wrote to stderr: {_plain(output.text).strip()[:300]}")
    return _cleaned(run, notebook), modules


def _failing_cell(notebook: NotebookNode) -> str:
    """The cell in which a run stopped: the one with an error, else the last one that was begun."""
    code = [(i, c) for i, c in enumerate(notebook.cells, 1) if c.cell_type == "code"]
    for i, cell in code:
        if any(o.output_type == "error" for o in cell.outputs):
            return _where(cell, i)
    started = [(i, c) for i, c in code if c.outputs or c.execution_count] or code[:1]
    return f"at or after {_where(started[-1][1], started[-1][0])}"


def _where(cell: NotebookNode, i: int) -> str:
    role = " ".join(f"{k} {v}" for k, v in cell.metadata.get("course", {}).items())
    first = next((line for line in cell.source.splitlines() if line.strip() and not line.startswith("#")), "")
    return f"cell {i} ({role + ', ' if role else ''}`{first.strip()[:60]}`)"


def _plain(text: str) -> str:
    """Text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def _cleaned(run: NotebookNode, notebook: NotebookNode) -> NotebookNode:
    """Outputs, execution counts and widget state of a run on the cells and metadata of the original."""
    clean = copy.deepcopy(notebook)
    for cell, ran in zip(clean.cells, run.cells, strict=True):
        if cell.cell_type == "code":
            cell.execution_count = ran.execution_count
            cell.outputs = [_clean_output(o) for o in ran.outputs]
    if "widgets" in run.metadata:
        clean.metadata["widgets"] = run.metadata["widgets"]
    return _stable_widget_ids(clean)


def _clean_output(output: NotebookNode) -> NotebookNode:
    """An output without volatile parts: `~` for the author's home, and words for a widget in place of its repr."""
    output.pop("transient", None)
    if output.output_type == "stream":
        output.text = output.text.replace(str(Path.home()), "~")
    if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
        output.data["text/plain"] = "An interactive widget: run this cell in Jupyter or on Colab to use it."
    return output


def _stable_widget_ids(notebook: NotebookNode) -> NotebookNode:
    """Number the widgets, whose ids are random in each run."""
    key = "application/vnd.jupyter.widget-state+json"
    states = notebook.metadata.get("widgets", {}).get(key, {}).get("state", {})
    if not states:
        return notebook
    text = nbformat.writes(notebook)
    for i, model in enumerate(states):
        text = text.replace(model, hashlib.sha256(f"widget {i}".encode()).hexdigest()[:32])
    return nbformat.reads(text, as_version=4)


def check_size(notebook: NotebookNode, name: str, limit: int = MAX_SOLVED_BYTES) -> None:
    """Refuse a solved copy that is too large for a repository, naming what makes it so."""
    size = len(to_text(notebook).encode())
    if size <= limit:
        return
    parts = []
    for i, cell in enumerate(notebook.cells, 1):
        for output in cell.get("outputs", []):
            kinds = "+".join(output.get("data", {})) or output.get("name", output.output_type)
            parts.append((len(json.dumps(output)), f"{_where(cell, i)} {kinds}"))
    parts.append((len(json.dumps(notebook.metadata.get("widgets", {}))), "the state of the widgets"))
    biggest = "; ".join(f"{label}: {n // 1000} kB" for n, label in sorted(parts, reverse=True)[:3])
    raise RunError(
        f"{name}: the solved copy has {size // 1000} kB; the limit is {limit // 1000} kB. Largest outputs: {biggest}"
    )
