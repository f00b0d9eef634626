"""The packages that a lesson needs: looked for before any is imported, and added where the course stands alone.

In a copy of the repository nothing is ever installed. Where `course_utils` was installed by itself, as on Colab, what
is missing is added beside what is there, and no version changes. Only the standard library and `packaging` are used
here, so that this module can be imported before anything else is there.
"""

import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from importlib import invalidate_caches, metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

EXTRAS = {"torch": "torch", "jax": "thrml"}  # framework -> the extra of the package that brings it
PROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"  # in a copy of the repository


def complete(frameworks: Sequence[str]) -> None:
    """See to it that all packages are there that lessons with these frameworks import.

    Args:
        frameworks: a part of ("torch", "jax").

    Raises:
        RuntimeError: if a package is too old, or missing where nothing may be installed, or cannot be installed. The
            message says which, and what to do. No package has changed then.
    """
    versions = installed()
    missing = []
    for requirement in needed(frameworks):
        version = versions.get(canonicalize_name(requirement.name))
        if version is None:
            missing.append(requirement)
        elif not requirement.specifier.contains(version, prereleases=True):
            raise RuntimeError(
                f"{requirement.name} {version} is installed here, and the course needs {requirement}. Nothing was "
                f"changed. {_cure(requirement)}"
            )
    if not missing:
        return
    if PROJECT.is_file():
        raise RuntimeError(f"{', '.join(map(str, missing))}: not installed in {sys.executable}. {_cure(*missing)}")
    _add(missing, versions)


def needed(frameworks: Sequence[str]) -> list[Requirement]:
    """What the course needs with these frameworks, from its own description."""
    extras = {EXTRAS[name] for name in frameworks}
    if PROJECT.is_file():
        project = tomllib.loads(PROJECT.read_text("utf-8")).get("project", {})
        optional = project.get("optional-dependencies", {})
        lines = [*project.get("dependencies", ()), *(line for extra in extras for line in optional.get(extra, ()))]
        return [Requirement(line) for line in lines]
    requirements = [Requirement(line) for line in metadata.requires("course_utils") or ()]
    return [r for r in requirements if r.marker is None or any(r.marker.evaluate({"extra": e}) for e in ("", *extras))]


def installed() -> dict[str, str]:
    """Name -> version of each package here; of two with one name, the one that an import finds."""
    found: dict[str, str] = {}
    for distribution in metadata.distributions():
        name, version = distribution.metadata.get("Name"), distribution.metadata.get("Version", "")
        try:
            Version(version)
        except InvalidVersion:  # half removed, or not made by pip
            continue
        if name:
            found.setdefault(canonicalize_name(name), version)
    return found


def _cure(*requirements: Requirement) -> str:
    if PROJECT.is_file():
        return (
            "Open the course with `python3 course.py lab`, or install it into this Python: "
            f"pip install {' '.join(repr(str(r)) for r in requirements)}"
        )
    return "Start a new session (on Colab: Runtime, then Disconnect and delete runtime) and run this cell first."


def _add(missing: Iterable[Requirement], versions: dict[str, str]) -> None:
    """Install packages, with every package that is here held at its version."""
    names = [f"{r.name}{r.specifier}" for r in missing]
    with tempfile.TemporaryDirectory() as folder:
        limits = Path(folder, "constraints.txt")
        limits.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "-c", str(limits), *names]
        result = subprocess.run(pip, capture_output=True, text=True)
    invalidate_caches()
    if result.returncode:
        raise RuntimeError(
            f"{', '.join(names)} could not be added to what is installed here, which was not changed. pip says:\n"
            + (result.stdout[-2000:] + result.stderr[-2000:]).strip()
        )
    changed = {name: now for name, now in installed().items() if versions.get(name, now) != now}
    if changed:
        raise RuntimeError(f"pip has changed {changed}, against what it was told. {_cure()}")
