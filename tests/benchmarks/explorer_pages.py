"""How fast explorers follow a hand, in a browser: from a key or a click to the picture on the page's own clock."""

import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))
BEGIN = """import os, sys
os.chdir("..")
sys.path.insert(0, os.getcwd())
import torch
torch.set_num_threads(1)
from course_utils import explorers, lattice, plots
plots.use_style()"""
KEYS = ("ArrowRight", "ArrowRight", "ArrowRight", "End", "ArrowLeft", "ArrowLeft")
MODELS = {"Ising": "lattice.Ising(256)", "Potts, q = 10": "lattice.Potts(256, 10)", "XY": "lattice.XY(256)"}
PLAYED_S = 5.0


def measure(costly: dict[str, tuple[dict, str]]) -> None:
    """Print a table for the explorers that follow controls, and one for the live lattices.

    Args:
        costly: name of an explorer -> what is set, and the control that the kernel's own table moves.
    """
    import lab as browser

    path = browser.find_browser()
    if path is None:
        raise SystemExit("no Chromium, Chrome or Edge found; name one in COURSE_BROWSER")
    with tempfile.TemporaryDirectory() as folder, browser.running_browser(path) as chromium:
        session = browser.lab_session(Path(folder), chromium)
        lab = next(session)
        try:
            notebook = lab.open("00_start_here.ipynb")
            notebook.ask(BEGIN)
            print("| explorer | control | ms to the first picture, median | longest | ms to the last one, longest |")
            print("| --- | --- | ---: | ---: | ---: |")
            for name, (given, _) in costly.items():
                for control, waits in _waits(notebook, f"explorers.{name}().set(**{given!r})"):
                    first = [each[0] for each in waits]
                    last = max(each[-1] for each in waits)
                    print(f"| {name} | {control} | {statistics.median(first):.0f} | {max(first):.0f} | {last:.0f} |")
            print("\n| live lattice, 256 × 256 | pictures a second shown |\n| --- | ---: |")
            for name, model in MODELS.items():
                print(f"| {name} | {_rate(notebook, f'explorers.live_lattice({model})'):.1f} |", flush=True)
        finally:
            session.close()


def _shown(notebook, source: str):
    """The explorer that a new cell shows."""
    notebook.ask(source)
    index = len(notebook.sources()) - 1
    view = notebook.explorer(index)
    notebook.show(index)
    view.settle(120)
    view.watch()
    return view


def _waits(notebook, source: str):
    """Each control with the waits for pictures after each of some keys or clicks; the first one only warms up."""
    view = _shown(notebook, source)
    names = view.root.locator(".explorer-control").evaluate_all(
        """all => all.map(one => [...one.classList].find(name => name.startsWith("explorer-control-")))
            .filter(Boolean).map(name => name.slice("explorer-control-".length))"""
    )
    for name in names:
        control, waits = view.control(name), []
        handle = control.locator(".noUi-handle").first
        if control.locator(".noUi-handle").count():
            acts = [lambda key=key, handle=handle: (handle.focus(), handle.press(key)) for key in ("Home", *KEYS)]
        else:
            buttons = control.get_by_role("button").all()
            acts = [button.click for button in (*buttons, *buttons[:1])]
        for act in acts:
            act()
            view.settle(120)
            waits.append(view.waits())
        if any(waits[1:]):
            yield name, [each for each in waits[1:] if each]


def _rate(notebook, source: str) -> float:
    """Pictures a second while a live lattice plays."""
    view = _shown(notebook, source)
    buttons = view.control("play").locator("button")
    buttons.first.click()
    notebook.page.wait_for_timeout(2000)
    before = len(view.waits())
    notebook.page.wait_for_timeout(1000 * PLAYED_S)
    shown = len(view.waits()) - before
    buttons.nth(0 if buttons.count() < 4 else 1).click()
    view.settle(120)
    return shown / PLAYED_S
