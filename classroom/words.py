"""What each verb says when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .release import Released

__all__ = ["of_release"]


def of_release(done: Released) -> str:
    """What was released, what was left alone, and what to hand out."""
    folder = done.folder
    lines = []
    if done.new:
        lines.append(f"Released: {', '.join(done.new)}")
    if done.again:
        lines += [
            f"Released again: {', '.join(done.again)}. The copies before are in {folder.replaced}.",
            "  Students who have not opened the lesson get the new one. On a hub, nbgitpuller keeps every cell that a",
            "  student changed, and can lose a new cell beside such a cell without a word. Elsewhere, students take the",
            "  new zip and carry their answers over. Answers of either copy are graded alike: by exercise.",
            "  The history of for-students still holds the copies before, also those with solutions.",
        ]
    kept = [name for name in done.kept if name not in done.newer]
    if kept:
        lines.append(f"Released before, and left as they are: {', '.join(kept)}")
    if done.newer:
        lines += [
            f"Released before, and left as they are though another copy could be made now: {', '.join(done.newer)}.",
            "  --again releases that copy.",
        ]
    lines.append(f"To hand out on a learning platform: {folder.archive}")
    if done.committed is None:
        lines.append(f"To hand out as files: {folder.handout} (there is no git here, so it is no git repository)")
    else:
        lines.append(f"To push for nbgitpuller: {folder.handout}, a git repository, branch main")
    return "\n".join(lines)
