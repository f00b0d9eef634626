"""What each verb says when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .typed import typed

if TYPE_CHECKING:
    from .collect import Collection
    from .layout import ClassFolder
    from .release import Released
    from .report import Written
    from .results import Result

__all__ = ["of_collection", "of_grading", "of_release", "of_report"]

MISSING = 40  # students who have not handed in
LISTED = 12  # of equal things, before the rest is counted


def of_release(done: Released) -> str:
    """What was released, what was left alone, and what to hand out."""
    folder = done.folder
    lines = []
    if done.new:
        lines.append(f"Released: {', '.join(done.new)}")
    if done.exam and done.new + done.again:
        lines.append(f"For an exam, without hints, solutions and answers: {', '.join(sorted(done.new + done.again))}")
    if done.again:
        lines += [
            f"Released again: {', '.join(done.again)}. The copies before are in {folder.replaced}.",
            "  Who has not opened the lesson gets the new copy. On a hub, nbgitpuller keeps every cell that a student",
            "  changed, and can lose a new cell beside such a cell without a word. Elsewhere, students take the new",
            "  zip and carry their answers over. Answers of either copy are graded alike: by exercise.",
            "  The history of for-students still holds the copies before, also those with solutions.",
        ]
    for name, points in done.points.items():
        each = ", ".join(f"{exercise}: {worth:g}" for exercise, worth in points.items())
        lines.append(f"{name}: {sum(points.values()):g} points ({each})")
    kept = [name for name in done.kept if name not in done.newer + done.switched]
    if kept:
        lines.append(f"Released before, and left as they are: {', '.join(kept)}; the course has no newer copy")
    for names, how in (
        (done.newer, f"{'--exam ' if done.exam else ''}--again releases that copy."),
        (
            done.switched,
            "--exam --again releases a copy for an exam."
            if done.exam
            else "--again, without --exam, releases a copy with hints, solutions and answers.",
        ),
    ):
        if names:
            lines += [
                f"Released before, and left as they are though another copy could be made now: {', '.join(names)}.",
                f"  {how}",
            ]
    lines.append(f"To hand out on a learning platform: {folder.archive}")
    if done.committed is None:
        lines.append(f"To hand out as files: {folder.handout} (there is no git here, so it is no git repository)")
    else:
        lines.append(
            f"To push to a hub's git server: {folder.handout}, a git repository, branch main; nbgitpuller, on the hub, "
            "brings it to students"
        )
    return "\n".join(lines)


def of_collection(done: Collection) -> str:
    """What was taken in, what was not, and who is missing."""
    lines = []
    for assignment in sorted({taken.assignment for taken in done.taken}):
        here = [taken for taken in done.taken if taken.assignment == assignment and taken.kind != "older"]
        lines.append(f"{assignment}: {_count(len({taken.student for taken in here}), 'submission')} taken in")
    for taken in done.taken:
        if taken.kind != "new":
            what = "took the place of an earlier one" if taken.kind == "newer" else "is older than what is there"
            lines.append(f"  {taken.student}, {taken.assignment[:2]}: {taken.origin} {what}; both are kept")
        if taken.note:
            lines.append(f"  {taken.student}, {taken.assignment[:2]}: {taken.origin}: {taken.note}")
    if done.same:
        lines.append(f"Collected before, and the same: {_count(len(done.same), 'file')}")
    if done.of_the_course:
        lines.append(f"The course's own files, left out: {done.of_the_course}")
    if not done.taken and not done.same:
        lines.append("Nothing was taken in.")
    for assignment, missing in done.missing.items():
        lines.append(f"Not handed in, {assignment[:2]}: {_listed(missing, MISSING)}")
    if done.unmatched:
        lines.append(f"NOT MATCHED, {_count(len(done.unmatched), 'file')}; copies are in {done.folder.unmatched}:")
        lines += [f"  {origin}: {why}" for origin, why in done.unmatched]
        lines.append("  Rename them to LESSON_ID.ipynb there, such as 01_s07.ipynb, and collect that folder; or say:")
        lines.append("  " + typed("collect FILE --student NAME --lesson NUMBER", done.folder))
    return "\n".join(lines)


def of_grading(results: list[Result], folder: ClassFolder) -> str:
    """How many were judged, what could not be, and what a person should look at."""
    lines = []
    for assignment in sorted({result.assignment for result in results}):
        here = [result for result in results if result.assignment == assignment]
        full = sum(result.earned == result.points for result in here)
        lines.append(f"{assignment}: {_count(len(here), 'submission')}, {full} with all points")
    lines += [f"  {result.student}, {result.assignment[:2]}: {result.fault}" for result in results if result.fault]
    flagged = [result for result in results if result.flags]
    if flagged:
        lines.append(f"Flagged for a person, no points taken: {_listed(sorted({r.student for r in flagged}))}")
    lines.append("Next: " + typed("report", folder))
    return "\n".join(lines)


def of_report(done: Written) -> str:
    """Where the tables and pages are."""
    lines = [
        f"For you:      {done.page}",
        f"Scores:       {done.scores}",
        f"For students: {done.students} ({_count(done.pages, 'page')})",
        *(f"To hand back: {path}" for path in done.packed),
        f"nbgrader's gradebook: {_count(done.entered, 'submission')} entered",
    ]
    lines += done.left_out
    if done.ungraded:
        lines.append(f"Handed in and not graded yet: {_listed(done.ungraded)}. First: {typed('grade', done.folder)}")
    return "\n".join(lines)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(names: list[str], most: int = LISTED) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
