"""What this machine is, and the same start for every lesson."""

import atexit
import os
import platform
import random
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import numpy as np
import psutil
from IPython import get_ipython
from packaging.version import Version

from . import arguments, consoles, fallback, memory
from .place import where

_CACHE = Path(".cache", "energy-based-course")  # below the user's home
_KEEPS_SINCE = "0.10"  # JAX 0.7.2, which Colab has, prints an error for each program that it reads back
_KEPT_BYTES = 2**30
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
        programs: the folder in which JAX keeps what it has compiled, for the next time; None if it keeps nothing.
        seed: the seed that was set.
    """

    place: str
    cores: int
    memory: float
    versions: dict[str, str]
    seed: int
    devices: dict[str, str] = field(default_factory=dict)
    device_names: dict[str, str] = field(default_factory=dict)
    programs: Path | None = None

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
        if self.programs:
            lines.append(f"Compiled programs are kept for the next time, in {self.programs}")
        return "\n".join(lines)


def prepare(seed: int, uses: Sequence[str]) -> Machine:
    """What `course_utils.setup` does once all packages are there; the arguments are explained at it."""
    seed = arguments.whole("seed", seed, 0, 2**32 - 1)
    consoles.forgive()
    _spare_the_home()
    programs = _programs_folder() if "jax" in uses else None
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the learner's own cells may use the global generator
    found = {name: _torch(seed) if name == "torch" else _jax(programs) for name in uses}
    place = where()
    if place == "colab":
        _enable_colab_widgets()
    from . import plots

    plots.use_style()
    if found.get("jax", ("", ""))[0] == "cpu":
        memory.forget_programs(get_ipython())
    machine = Machine(
        place=place,
        cores=_cores(),
        memory=_memory_gib(),
        versions={"python": platform.python_version(), **_versions("torch", "jax", "thrml", "numpy", "matplotlib")},
        seed=seed,
        devices={name: device for name, (device, _) in found.items()},
        device_names={name: text for name, (_, text) in found.items()},
        programs=programs,
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
        folder, home = Path(chosen, lesson).absolute(), _home()
        if _writable(folder):
            return folder
        cache = home / _CACHE / lesson if home else None
        if cache and _writable(cache):
            print(f"{folder} cannot be written, so training is kept in {cache}.")
            return cache
        print(f"Neither {folder} nor {cache or 'a home'} can be written: training is lost if the kernel stops.")
    return Path(tempfile.mkdtemp(prefix="saved-"))


def _home() -> Path | None:
    """The user's home; None where there is none, as in some containers."""
    try:
        return Path.home()
    except RuntimeError:
        return None


def _spare_the_home() -> None:
    """Where the home cannot be written, matplotlib keeps its cache elsewhere; by itself it warns at each start."""
    home = _home()
    if "MPLCONFIGDIR" in os.environ or (home and os.access(home, os.W_OK)):
        return
    folder = tempfile.mkdtemp(prefix="matplotlib-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["MPLCONFIGDIR"] = folder
    print("Your home folder cannot be written, so nothing is kept there for the next time. All else works.")


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
    with warnings.catch_warnings(record=True) as said:  # of a driver that is too old, for one
        warnings.simplefilter("always")
        found = torch.cuda.is_available()
    why = fallback.refusal("cuda") if found else str(said[0].message).partition("\n")[0] if said else ""
    if why:
        print(f"PyTorch cannot use the GPU ({why}), so it computes on the CPU.")
    if why or not found:
        return "cpu", "CPU"
    gpu = torch.cuda.get_device_properties(0)
    return "cuda", f"{gpu.name}, {gpu.total_memory / 2**30:.0f} GiB"


def _programs_folder() -> Path | None:
    """Where JAX may keep compiled programs: as the environment says, else in the user's cache; None if it may not."""
    chosen = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    if chosen:
        return Path(chosen)
    home = _home()
    folder = home / _CACHE / "jax" if home else None
    keeps = folder and Version(metadata.version("jax")) >= Version(_KEEPS_SINCE) and _writable(folder)
    return folder if keeps else None


def _jax(programs: Path | None) -> tuple[str, str]:
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")  # read by JAX when it starts
    import jax

    if programs and "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(programs))
        jax.config.update("jax_compilation_cache_max_size", _KEPT_BYTES)  # with a limit, JAX locks the folder
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    try:
        device = jax.devices()[0]
    except (RuntimeError, AssertionError):  # whichever it is depends on what is installed
        wanted = jax.config.jax_platforms
        jax.config.update("jax_platforms", "cpu")
        device = jax.devices()[0]
        print(f"JAX_PLATFORMS = {wanted!r} asks for a device that JAX cannot use here, so it computes on the CPU.")
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
