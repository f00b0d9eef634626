"""A course of three tiny lessons, for the tests of the build and of the lesson harness."""

from __future__ import annotations

import shutil
from pathlib import Path

from notebooks import build

ADDRESS = "https://github.com/someone/some-course"

START = """\
# ---
# jupyter:
#   course:
#     title: Start here
#     goal: read a map
#     time: 5 min
#     runs: 2 s
# ---

# %% [markdown]
# ## What you will be able to do

# %%
from course_checks import check
from course_utils import plots

# %% template="map"

# %% [markdown]
# ### Exercise 0.1 · A number
# *Difficulty ●○○*

# %% todo="0.1" task="set answer to the \\"right\\" number"
# The number that is asked for.
### BEGIN SOLUTION
answer = 6 * 7
### END SOLUTION

# %% check="0.1" points=1
with check.exercise("0.1", "answer"):
    check.equal("the answer", answer, 42, hint="Six times seven.")

# %% [markdown] hint="0.1"
# Multiply.
"""

FIRST = '''\
# ---
# jupyter:
#   course:
#     title: First steps
#     goal: add one, and show it.
#     needs: ["00"]
#     know: a little Python
#     time: 10 min
#     runs: 3 s
#     uses: []
# ---

# %% [markdown]
# ## Objectives
# A word in the body.

# %%
import os
import sys

import ipywidgets
from course_checks import check

print("kernel", sys.executable)
print("folder", os.getcwd())

# %%
import matplotlib.pyplot as plt

plt.figure(figsize=(1, 1), dpi=40)
plt.plot([0, 1])
plt.show()

# %% [markdown]
# ### Exercise 1.1 · Add one
# *Difficulty ●○○*

# %% todo="1.1" task="return x + 1"
def add_one(x: int) -> int:
    """One more.

    Args:
        x: a number.
    """
    if x is None:
        return 0
    ### BEGIN SOLUTION
    one_more = x + 1

    if one_more > 0:
        return one_more
    return one_more + 0
    ### END SOLUTION

# %% check="1.1" points=2
with check.exercise("1.1", "add_one"):
    check.equal("one more than 1", add_one(1), 2, hint="Did you add?", causes={"You took one away": 0})
    check.equal("one more than 5", add_one(5), 6, hint="Is it the same for every number?")

# %% [markdown] hint="1.1"
# What is $x + 1$?

# %% uses="1.1"
add_one(41)

# %% [markdown]
# ### Exercise 1.2 · Add two
# *Difficulty ●●○*

# %% todo="1.2" task="return x + 2"
def add_two(x: int) -> int:
    """Two more."""
    ### BEGIN SOLUTION
    return x + 2
    ### END SOLUTION

# %% check="1.2" points=0.5
with check.exercise("1.2", "add_two"):
    check.equal("two more than 1", add_two(1), 3, hint="Did you add twice?")

# %% [markdown] hint="1.2"
# Twice.

# %%
ipywidgets.IntSlider(value=3, description="a slider")

# %% [markdown] think="1a"
# Why one?
# <!-- ANSWER -->
# Because $1 > 0$.
'''

SECOND = """\
# ---
# jupyter:
#   course:
#     title: Second steps
#     goal: take them
#     needs: ["01"]
#     time: 10 min
#     runs: 3 s
# ---

# %%
from course_checks import check

print("second")
"""

README = f"""\
# A course

{build.TABLE_BEGIN}
{build.TABLE_END}

The end.
"""


def make_course(root: Path, **sources: str) -> Path:
    """Write a course below `root`; `sources` replace or add lessons, such as `first_lesson="..."` by its stem."""
    (root / "notebooks" / "src").mkdir(parents=True)
    (root / "pyproject.toml").write_text(f'[project.urls]\nRepository = "{ADDRESS}"\n', "utf-8")
    (root / "README.md").write_text(README, "utf-8")
    for package in ("course_utils", "course_checks"):
        ignore = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(build.ROOT / package, root / package, ignore=ignore)
    lessons = {"00_start_here": START, "01_first_steps": FIRST, "02_second_steps": SECOND}
    for stem, text in {**lessons, **sources}.items():
        source_path(root, stem).write_text(text, "utf-8")
    return root


def source_path(root: Path, stem: str) -> Path:
    """Where a lesson's source stands."""
    return root / "notebooks" / "src" / f"{stem}.py"


def replace(path: Path, old: str, new: str) -> None:
    """Change a file; fails if there is nothing to change."""
    text = path.read_text("utf-8")
    assert old in text, f"{old!r} is not in {path.name}"
    path.write_text(text.replace(old, new), "utf-8")
