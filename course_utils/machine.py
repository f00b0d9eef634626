"""What this machine is, and the same start for every lesson."""

import os
import platform
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil

from . import arguments
from .place import where

_FRAMEWORKS = ("torch", "jax")
_PLACES = {
    "colab": "Google Colab",
    "kaggle": "Kaggle",
    "binder": "Binder",
    "local": "this computer",
}


@dataclass(frozen=True)
class Machine:
    """Where a notebook runs and what it may use.

    Attributes:
        place: "colab", "kaggle", "binder" or "local".
        cores: CPU cores this process may use.
        memory: main memory in GiB, or the container's limit where there is one.
        versions: installed versions of Python and the main packages.
        devices: framework -> "cpu" or "cuda", for the frameworks that were asked for.
        device_names: framework -> a description of its device, with its memory where it is a GPU.
        seed: the seed that was set.
    """

    place: str
    cores: int
    memory: float
    versions: dict[str, str]
    seed: int
    devices: dict[str, str] = field(default_factory=dict)
    device_names: dict[str, str] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """The device of the first framework asked for: "cpu" or "cuda"."""
        return next(iter(self.devices.values()), "cpu")

    def __str__(self) -> str:
        cores = f"{self.cores} CPU core{'s' if self.cores > 1 else ''}"
        resources = f"{cores}, {self.memory:.1f} GiB memory"
        lines = [f"Running on {_PLACES[self.place]}: Python {self.versions['python']}, {resources}"]
        lines += [f"{name} {self.versions[name]} on {text}" for name, text in self.device_names.items()]
        others = {name: v for name, v in self.versions.items() if name not in ("python", *self.device_names)}
        lines.append(" · ".join(f"{name} {version}" for name, version in others.items()) + f" · seed {self.seed}")
        return "\n".join(lines)


def setup(seed: int = 0, uses: Sequence[str] = ("torch",)) -> Machine:
    """Prepare a notebook: find out where it runs, seed it, set the plotting style, and say so.

    Only the frameworks in `uses` are imported. On a GPU, JAX is told not to take most of its memory at the start.

    Args:
        seed: non-negative integer, given to Python's, NumPy's and PyTorch's global generators. Lessons still pass
            explicit generators; this seed only keeps a learner's own experiments repeatable.
        uses: frameworks to import and describe, out of "torch" and "jax".

    Returns:
        The machine; `machine.device` is where tensors should go.

    Raises:
        ValueError: if `seed` is not a whole number below 2**32, or `uses` names an unknown framework.
    """
    seed = arguments.whole("seed", seed, 0, 2**32 - 1)
    uses = (uses,) if isinstance(uses, str) else tuple(uses)
    for name in uses:
        arguments.choice("uses", name, _FRAMEWORKS)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the learner's own cells may use the global generator
    found = {name: (_torch if name == "torch" else _jax)(seed) for name in uses}
    place = where()
    if place == "colab":
        _enable_colab_widgets()
    from . import plots

    plots.use_style()
    machine = Machine(
        place=place,
        cores=_cores(),
        memory=_memory_gib(),
        versions={"python": platform.python_version(), **_versions(*_FRAMEWORKS, "thrml", "numpy", "matplotlib")},
        seed=seed,
        devices={name: device for name, (device, _) in found.items()},
        device_names={name: text for name, (_, text) in found.items()},
    )
    print(machine)
    return machine


def saved_folder(lesson: str) -> Path:
    """The folder for what must outlive a lesson's kernel, such as half-trained weights; made if it is not there.

    It is `saved/<lesson>` beside the notebook, which git ignores. Where that cannot be written, the user's cache folder
    serves, and where that cannot either, a temporary one; a printed sentence says so. The environment variable
    COURSE_SAVED names another folder than `saved`; "none" asks for a new temporary folder, so that nothing is kept.

    Args:
        lesson: such as "06".

    Returns:
        The folder.
    """
    chosen = os.environ.get("COURSE_SAVED", "saved")
    if chosen != "none":
        folder, cache = Path(chosen, lesson).absolute(), Path.home() / ".cache" / "energy-based-course" / lesson
        if _writable(folder):
            return folder
        if _writable(cache):
            print(f"{folder} cannot be written, so training is kept in {cache}.")
            return cache
        print(f"Neither {folder} nor {cache} can be written: training is lost if the kernel stops.")
    return Path(tempfile.mkdtemp(prefix="saved-"))


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _torch(seed: int) -> tuple[str, str]:
    import torch

    torch.manual_seed(seed)
    if not torch.cuda.is_available():
        return "cpu", "CPU"
    gpu = torch.cuda.get_device_properties(0)
    return "cuda", f"{gpu.name}, {gpu.total_memory / 2**30:.0f} GiB"


def _jax(_: int) -> tuple[str, str]:
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # read by JAX when it starts
    import jax

    device = jax.devices()[0]
    if device.platform == "cpu":
        return "cpu", "CPU"
    limit = (device.memory_stats() or {}).get("bytes_limit")
    return "cuda", device.device_kind + (f", {limit / 2**30:.0f} GiB" if limit else "")


def _enable_colab_widgets() -> None:
    try:
        from google.colab import output
    except ImportError:  # Colab's environment variables without Colab's package
        return
    output.enable_custom_widget_manager()


def _versions(*packages: str) -> dict[str, str]:
    versions = {}
    for name in packages:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _cores() -> int:
    process = psutil.Process()
    if hasattr(process, "cpu_affinity"):  # not on macOS
        return len(process.cpu_affinity())
    return psutil.cpu_count() or 1


def _memory_gib() -> float:
    """Main memory in GiB; a container's limit counts, as Binder sets it in MEM_LIMIT (bytes)."""
    limit = os.environ.get("MEM_LIMIT", "")
    return (int(limit) if limit.isdigit() else psutil.virtual_memory().total) / 2**30
