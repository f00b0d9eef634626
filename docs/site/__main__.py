"""Starts the build from the folder's name: `python docs/site`."""

import sys
from pathlib import Path

if not __package__:  # Python has put this folder first on the path
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from docs.site.command import main

if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a character of a lesson shows "?"
        stream.reconfigure(errors="replace")
    sys.exit(main())
