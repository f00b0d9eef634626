"""What docs/faults.md says that a person sees is what the code says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from support.faults import ROOT

NOTE = ROOT / "docs" / "faults.md"
SOURCES = ("course.py", "notebooks/working_copies.py", "course_utils/**/*.py", "course_checks/checks/*.py")


def sentences_of(path: Path) -> list[str]:
    """All texts of a file, with "…" for what is put in when it runs."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            found.append("".join(parts).replace("`…`", "…"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(re.sub(r"%(\.\d)?[sdrf]|\{\w+\}", "…", node.value))
    return found


def quoted() -> list[str]:
    """What the note says that the course says: the code in the second column of its tables."""
    found = []
    for line in NOTE.read_text("utf-8").splitlines():
        cells = line.split(" | ")
        if line.startswith("| ") and len(cells) >= 3:
            found += re.findall(r"`([^`]+)`", cells[1])
    return [sentence for sentence in found if " " in sentence]


def test_every_message_in_the_note_is_one_of_the_code() -> None:
    said = [sentence for pattern in SOURCES for path in ROOT.glob(pattern) for sentence in sentences_of(path)]
    messages = quoted()
    assert len(messages) >= 25
    missing = [message for message in messages if not any(message in sentence for sentence in said)]
    assert missing == []


def test_the_readme_leads_to_the_note() -> None:
    assert "(docs/faults.md)" in (ROOT / "README.md").read_text("utf-8")
