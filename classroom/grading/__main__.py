"""python -m classroom.grading FOLDER [ASSIGNMENT ...] [--jobs N] [--force] [--without-sandbox]."""

import argparse
import sys
from pathlib import Path

from ..layout import ClassFolder
from . import SandboxError, grade


def main(words: list[str] | None = None) -> int:
    """Grade what lies in the folder of a class."""
    parser = argparse.ArgumentParser(prog="python -m classroom.grading", description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("assignments", nargs="*")
    parser.add_argument("--jobs", type=int)
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--without-sandbox", action="store_true")
    chosen = parser.parse_args(words)
    try:
        grade(
            ClassFolder(chosen.folder), chosen.assignments or None, jobs=chosen.jobs, force=chosen.force,
            sandbox=not chosen.without_sandbox,
        )  # fmt: skip
    except (SandboxError, ValueError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Stopped. What is graded is kept; the same command goes on.")
    return 0


if __name__ == "__main__":
    main()
