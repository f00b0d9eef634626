"""The learner's copies of the lessons: made, kept up to date, never overwritten.

    python notebooks/working_copies.py adopt      take over what was written into the course's own files
    python notebooks/working_copies.py open       make the copies that are missing; renew those that nobody touched
    python notebooks/working_copies.py update     the same, and merge the newest lessons into all others

`course.py lab` and `course.py update` run this. A learner works in `work/`, which git ignores:

    work/NN_name.ipynb          the copy to work in
    work/solutions/             the solved copies
    work/backups/DATE_TIME/     copies as they were before an update
    work/.course/               the versions of the course from which the copies were made

Only merging needs more than the standard library.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

if __package__:
    from . import merge
else:  # started as a program
    import merge

ROOT = Path(__file__).resolve().parent.parent
LESSON = re.compile(r"\d\d_[a-z0-9_]+\.ipynb")
#: Whoever changes these is writing the course: the notebooks are then built, not worked in.
SOURCES = ("notebooks/src", "notebooks/build", "pyproject.toml")
UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
VERSIONS = 50  # of a lesson's history that are looked at to find where a copy came from
ENOUGH = 0.5  # likeness of a lesson to its earlier name


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def write(path: Path, content: bytes) -> None:
    """Write a file so that it is never seen half written, not even after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def read(path: Path) -> bytes | None:
    """A file's bytes, or None if it is not there."""
    return path.read_bytes() if path.is_file() else None


def notebook_of(content: bytes | None) -> merge.Notebook | None:
    """A notebook from its file's bytes, or None if there are none or they are damaged."""
    try:
        return merge.parse(content.decode("utf-8-sig")) if content is not None else None
    except (UnicodeDecodeError, merge.Damaged):
        return None


def for_this_python(content: bytes) -> bytes:
    """A notebook that says which Python it runs on; else JupyterLab writes it in and marks the lesson as changed."""
    notebook = json.loads(content.decode("utf-8-sig"))
    language = notebook.get("metadata", {}).get("language_info")
    if not isinstance(language, dict) or "version" in language:
        return content
    language["version"] = platform.python_version()
    return (json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def is_worked_in(notebook: merge.Notebook) -> bool:
    """Whether somebody has run a cell of a notebook or answered an exercise in it."""
    return any(
        merge.has_output(cell) or (merge.is_exercise(cell) and not merge.is_blank(cell)) for cell in notebook["cells"]
    )


def is_untouched(mine: merge.Notebook, base: merge.Notebook) -> bool:
    """Whether a copy holds what its base does and nothing else; what an editor adds to metadata does not count."""
    cells, before = mine["cells"], base["cells"]
    if len(cells) != len(before) or any(merge.has_output(c) or c.get("attachments") for c in cells):
        return False
    return all(map(merge.same, cells, before)) and not is_worked_in(mine)


def number(name: str) -> str:
    """A lesson as a sentence names it: "02"."""
    return name[:2]


def explained(error: OSError) -> str | None:
    """What a person can do about an error that is the file system's, or None for any other."""
    safe = "All your copies are as they were, or already up to date, and whole."
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return f"The disk is full. {safe} Make room, then run the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"{error.filename} cannot be written. {safe} Copy the folder of the course to a place of yours, such as "
            "your home, and start course.py there."
        )
    return None


class Git:
    """The clone that holds the course, if it is one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        top = self.text("rev-parse", "--show-toplevel")
        self.is_clone = top is not None and Path(top).resolve() == root.resolve()

    def bytes(self, *arguments: str) -> bytes | None:
        """What a git command prints, or None if it fails."""
        command = ["git", "-C", str(self.root), "-c", "core.fileMode=false", *arguments]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        except OSError:
            return None
        return done.stdout if done.returncode == 0 else None

    def text(self, *arguments: str) -> str | None:
        """The same as text, without the last line's end."""
        output = self.bytes(*arguments)
        return None if output is None else output.decode("utf-8", "replace").rstrip("\n")

    def names(self, *arguments: str) -> list[str]:
        """The same as a list of names, which `-z` makes git separate in a safe way."""
        output = self.text(*arguments)
        return [name for name in (output or "").split("\0") if name]

    def start(self) -> str:
        """The newest commit of the course's in this clone: what comes after it is the learner's."""
        return self.text("merge-base", "HEAD", "@{upstream}") or "HEAD"

    def is_unfinished(self) -> bool:
        """Whether a merge or a rebase waits for its end."""
        folder = self.text("rev-parse", "--absolute-git-dir")
        return folder is not None and any((Path(folder) / name).exists() for name in UNFINISHED)


class Copies:
    """The course in a folder, and the learner's copies of its lessons."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.notebooks = root / "notebooks"
        self.work = root / "work"
        self.bases = self.work / ".course"
        self.git = Git(root)
        self.stamp = time.strftime("%Y-%m-%d_%H-%M-%S")
        self.backups: Path | None = None
        self.failed = False
        self.merged = False
        self._committed: dict[str, bytes] = {}

    # -------------------------------------------------------------------------------------------- the course's side

    def lessons(self) -> list[str]:
        """Names of the course's lessons."""
        return sorted(path.name for path in self.notebooks.glob("*.ipynb") if LESSON.fullmatch(path.name))

    def newest(self, name: str) -> bytes | None:
        """The course's own version of a lesson; None where the file holds somebody's work or is damaged."""
        content = self._committed.get(name) or read(self.notebooks / name)
        notebook = notebook_of(content)
        return None if notebook is None or is_worked_in(notebook) else content

    def show(self, path: Path) -> str:
        """A path as a learner knows it."""
        return path.relative_to(self.root).as_posix()

    # ------------------------------------------------------------------------------------------- nothing is lost

    def back_up(self, path: Path, name: str | None = None) -> Path:
        """Copy a file into this run's folder of backups, and see that it has arrived."""
        if self.backups is None:
            folder = self.work / "backups" / self.stamp
            count = 1
            while folder.exists():
                count += 1
                folder = self.work / "backups" / f"{self.stamp}_{count}"
            self.backups = folder
        target = self.backups / (name or path.name)
        count = 1
        while target.exists():
            count += 1
            target = self.backups / f"{Path(name or path.name).stem}_{count}.ipynb"
        content = path.read_bytes()
        write(target, content)
        if target.read_bytes() != content:
            raise OSError(f"{self.show(target)} is not what was written. Is the disk full?")
        return target

    # -------------------------------------------------------------------------------------------------- adopting

    def adopt(self) -> None:
        """Take over what a learner wrote into the course's own notebooks, and put those back as the course has them.

        Only in a clone, where git knows what they were; not where the course's sources were changed too, since
        whoever does that writes the course.
        """
        if not self.git.is_clone:
            return self._adopt_without_git()
        start = self.git.start()
        changed = self.git.names("diff", "--name-only", "--no-renames", "-z", start, "--", "notebooks")
        names = [Path(n).name for n in changed if n.count("/") == 1 and LESSON.fullmatch(Path(n).name)]
        if not names or self.git.names("diff", "--name-only", "-z", start, "--", *SOURCES):
            return None
        if self.git.is_unfinished():
            say("A merge or a rebase of git's waits for its end here: the notebooks are left as they are.")
            return None
        dirty = self.git.names("diff", "--name-only", "--no-renames", "-z", "HEAD", "--", "notebooks")
        for name in sorted(set(names)):
            before = self.git.bytes("show", f"{start}:notebooks/{name}")
            if before is None:  # a notebook of the learner's own
                continue
            if f"notebooks/{name}" in dirty:
                self._adopt_and_restore(name, before)
            else:
                self._committed[name] = before
                if not (self.work / name).exists():
                    self._take(name, (self.notebooks / name).read_bytes(), before)
        return None

    def _adopt_and_restore(self, name: str, before: bytes) -> None:
        """Take over a notebook that differs from the clone's last commit."""
        path, tracked = self.notebooks / name, f"notebooks/{name}"
        if path.is_file():
            content = path.read_bytes()
            kept = self.back_up(path)
            # After `git stash pop` with conflicts git has both sides as they were: 1 is the base, 3 the learner's.
            stashed = self.git.bytes("show", f":3:{tracked}")
            if stashed is not None:
                content, before = stashed, self.git.bytes("show", f":1:{tracked}") or before
            mine, known = notebook_of(content), notebook_of(before)
            if mine is None:
                say(f"{tracked} is damaged: it is kept as {self.show(kept)}, and the course's version is back.")
            elif known is None or not is_untouched(mine, known):
                self._take(name, content, before)
        if self.git.bytes("checkout", "HEAD", "--", tracked) is None:
            raise OSError(f"git could not put {tracked} back. `git status` says more.")

    def _take(self, name: str, content: bytes, before: bytes) -> None:
        """Make a working copy of a notebook in which somebody worked outside `work/`."""
        target, base = self.work / name, read(self.bases / name)
        mine, known = notebook_of(read(target)), notebook_of(base)
        if target.exists() and (mine is None or known is None or not is_untouched(mine, known)):
            target = self.work / f"{Path(name).stem}_from_notebooks.ipynb"
            count = 1
            while target.exists():
                count += 1
                target = self.work / f"{Path(name).stem}_from_notebooks_{count}.ipynb"
            write(target, content)
            say(
                f"You have worked in notebooks/{name} and in work/{name}. The first is now {self.show(target)}; "
                f"the second stays as it is, and lessons are updated there."
            )
            return
        write(target, content)
        write(self.bases / name, self._base_in_history(name, content) or before)
        say(f"You have worked in notebooks/{name}: your copy is now work/{name}.")

    def _adopt_without_git(self) -> None:
        """Where nobody knows what a notebook was, it is copied if it holds work, and stays."""
        for name in self.lessons():
            path = self.notebooks / name
            notebook = notebook_of(read(path))
            if notebook is not None and is_worked_in(notebook) and not (self.work / name).exists():
                write(self.work / name, path.read_bytes())
                say(f"You have worked in notebooks/{name}: your copy is now work/{name}.")

    def _base_in_history(self, name: str, content: bytes) -> bytes | None:
        """The version in git's history of which a notebook has most cells."""
        mine = notebook_of(content)
        if mine is None or not self.git.is_clone:
            return None
        path = f"notebooks/{name}"
        commits = (self.git.text("log", "--format=%H", f"-n{VERSIONS}", self.git.start(), "--", path) or "").split()
        best, best_likeness = None, 0.0
        for commit in commits:
            version = self.git.bytes("show", f"{commit}:{path}")
            notebook = notebook_of(version)
            if notebook is None or is_worked_in(notebook):
                continue
            found = merge.likeness(notebook, mine)
            if found > best_likeness:
                best, best_likeness = version, found
        return best

    # --------------------------------------------------------------------------------------- making and renewing

    def renew(self, merging: bool) -> None:
        """Make the copies that are missing, renew those that nobody touched, and merge into the others if told to."""
        names = self.lessons()
        if not names:
            raise OSError(f"there are no lessons in {self.show(self.notebooks)}. Is this the whole course?")
        first = not (self.bases / "solutions.json").exists()
        old_names = self._old_names(names)
        made, renewed, waiting = [], [], []
        for name in names:
            try:
                did = self._renew(name, old_names.get(name, name), merging)
            except OSError as error:
                if explained(error):  # the next lesson would meet it too
                    raise
                self.failed = True
                say(f"{name} was not brought up to date: {error}")
                continue
            for what, told in (("made", made), ("renewed", renewed), ("waiting", waiting)):
                if did == what:
                    told.append(number(name))
        self._drop_old(set(names) | set(old_names.values()))
        self._renew_solutions()
        if first:
            say("Your copies of the lessons are in work/.")
        elif made:
            say(f"{_list(made, 'A new lesson', 'New lessons')} in work/.")
        if renewed:
            say(f"{_list(renewed, 'Lesson', 'Lessons')}: a new version; you had not worked in it.")
        if waiting:
            say(
                f"There is a new version of {_list(waiting, 'lesson', 'lessons')}, where you have worked. To get it, "
                f"run `{_python()} course.py update`: it keeps what you wrote."
            )

    def _renew(self, name: str, old: str, merging: bool) -> str:
        """Bring one copy up to date, if it can be; returns what was done in a word."""
        newest = self.newest(name)
        content, base = read(self.work / old), read(self.bases / old)
        theirs, mine = notebook_of(newest), notebook_of(content)
        if newest is None or theirs is None:
            if content is None:
                say(f"notebooks/{name} is damaged or holds somebody's work: no copy was made of it.")
            return ""
        if content is None:
            write(self.work / name, for_this_python(newest))
            write(self.bases / name, newest)
            return "made"
        if mine is None:
            self._set_aside(old, name, newest)
            return ""
        base = self._true_base(old, mine, base)
        if base == newest and old == name:
            return ""
        if base is None:
            base = newest if is_untouched(mine, theirs) else self._base_in_history(name, content)
        before = notebook_of(base)
        if before is not None and is_untouched(mine, before):
            if not self.git.is_clone:  # the base may hold notes of a learner's from before there were copies
                self.back_up(self.work / old)
            self._put(name, old, for_this_python(newest), content, newest)
            return "renewed" if base != newest else ""
        if not merging:
            return "waiting" if base != newest else ""
        merged, report = merge.merge(before, mine, theirs)
        text = merge.finish(merged).encode("utf-8")
        self.back_up(self.work / old)
        self._put(name, old, text, content, newest)
        if before is None:
            report.refused.append("nobody knows which version it was made from, so all that differed was kept")
        self.merged = True
        say(_told(name, report))
        return ""

    def _true_base(self, name: str, mine: merge.Notebook, base: bytes | None) -> bytes | None:
        """The base of a copy; the one before it where somebody put an earlier copy back.

        A learner may take one out of the backups. JupyterLab, with the lesson open in it, offers to write its own over
        an updated one.
        """
        earlier = read(self.bases / "earlier" / name)
        known, before = notebook_of(base), notebook_of(earlier)
        if known is None or before is None or merge.likeness(before, mine) <= merge.likeness(known, mine):
            return base
        return earlier

    def _put(self, name: str, old: str, content: bytes, expected: bytes, base: bytes) -> None:
        """Write a working copy and its base; the copy must still be what was read of it."""
        if read(self.work / old) != expected:
            raise OSError(f"work/{old} was saved just now. Run the command again.")
        write(self.work / name, content)
        earlier = read(self.bases / old)
        if earlier is not None and earlier != base:
            write(self.bases / "earlier" / name, earlier)
        write(self.bases / name, base)
        if old != name:
            (self.work / old).unlink()
            (self.bases / old).unlink(missing_ok=True)
            say(f"Lesson {old} is now {name}.")

    def _set_aside(self, old: str, name: str, newest: bytes) -> None:
        """Put a fresh copy in the place of one that cannot be read."""
        kept = self.back_up(self.work / old)
        also = ""
        checkpoint = self.work / ".ipynb_checkpoints" / f"{Path(old).stem}-checkpoint.ipynb"
        if notebook_of(read(checkpoint)) is not None:
            saved = self.back_up(checkpoint, f"{Path(old).stem}_checkpoint.ipynb")
            also = f" What JupyterLab had saved before is {self.show(saved)}."
        write(self.work / name, for_this_python(newest))
        write(self.bases / name, newest)
        if old != name:
            (self.work / old).unlink()
            (self.bases / old).unlink(missing_ok=True)
        say(f"work/{old} is damaged: it is kept as {self.show(kept)}, and there is a fresh copy in its place.{also}")

    def _old_names(self, names: Sequence[str]) -> dict[str, str]:
        """Lessons that had another name when the learner's copy was made."""
        known = [path.name for path in self.bases.glob("*.ipynb")]
        gone = [name for name in known if name not in names and (self.work / name).exists()]
        fresh = [name for name in names if name not in known and not (self.work / name).exists()]
        pairs = []
        for old in gone:
            before = notebook_of(read(self.bases / old))
            for name in fresh:
                after = notebook_of(self.newest(name))
                if before is not None and after is not None:
                    pairs.append((merge.likeness(before, after), old, name))
        found: dict[str, str] = {}
        for likeness, old, name in sorted(pairs, key=lambda x: -x[0]):
            if likeness >= ENOUGH and name not in found and old not in found.values():
                found[name] = old
        return found

    def _drop_old(self, known: set[str]) -> None:
        """Lessons that the course no longer has: a copy that was worked in stays, and is the learner's own."""
        for base in sorted(self.bases.glob("*.ipynb")):
            name = base.name
            if name in known:
                continue
            copy = self.work / name
            mine, before = notebook_of(read(copy)), notebook_of(read(base))
            if mine is not None and before is not None and is_untouched(mine, before):
                copy.unlink()
            elif copy.exists():
                say(f"Lesson {name} is no longer in the course. Your copy stays in work/.")
            base.unlink()

    def _renew_solutions(self) -> None:
        """Copies of the solved notebooks beside the working copies."""
        record = self.bases / "solutions.json"
        try:
            written = json.loads(record.read_text("utf-8"))
        except (OSError, ValueError):
            written = {}
        now = {}
        for path in sorted((self.notebooks / "solutions").glob("*.ipynb")):
            content = path.read_bytes()
            now[path.name] = hashlib.sha256(content).hexdigest()
            copy = self.work / "solutions" / path.name
            found = read(copy)
            if found is not None and written.get(path.name) == now[path.name]:
                continue
            if found is not None and hashlib.sha256(found).hexdigest() not in (written.get(path.name), now[path.name]):
                self.back_up(copy, f"{path.stem}_solved.ipynb")
            write(copy, content)
        for name in set(written) - set(now):  # an old name
            copy = self.work / "solutions" / name
            found = read(copy)
            if found is not None and hashlib.sha256(found).hexdigest() == written[name]:
                copy.unlink()
        if now != written or not record.exists():
            write(record, json.dumps(now, indent=1).encode())


def _told(name: str, report: merge.Report) -> str:
    """What was merged, in a line, and a line for each thing that was not."""
    parts = []
    if report.kept:
        parts.append(f"your {', '.join(report.kept[:6])}{' and more' * (len(report.kept) > 6)}")
    if report.own:
        parts.append(f"{report.own} cell{'s' * (report.own > 1)} of your own")
    counts = ((report.changed, "changed"), (report.new, "new"), (report.removed, "removed"))
    took = ", ".join(f"{count} {word}" for count, word in counts if count) or "nothing new"
    lines = [f"{name}: kept {' and '.join(parts) or 'your outputs'}; cells from the course: {took}."]
    return "\n".join([*lines, *(f"    - {sentence}." for sentence in report.refused)])


def _list(numbers: Sequence[str], one: str, several: str) -> str:
    return f"{one if len(numbers) == 1 else several} {', '.join(numbers)}"


def _python() -> str:
    return "py" if os.name == "nt" else "python3"


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make and update the working copies of the lessons.")
    parser.add_argument("action", choices=("adopt", "open", "update"))
    options = parser.parse_args(arguments)
    copies = Copies(root)
    try:
        copies.adopt()
        if options.action != "adopt":
            copies.renew(merging=options.action == "update")
    except OSError as error:
        print(f"course.py: {explained(error) or error}", file=sys.stderr)
        copies.failed = True
    if copies.backups is not None:
        say(f"What was there before is in {copies.show(copies.backups)}.")
    if copies.merged:
        say("Is such a lesson open in JupyterLab? Choose File > Reload Notebook from Disk there; if it asks, Revert.")
    return int(copies.failed)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")
    sys.exit(main())
