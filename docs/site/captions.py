"""Alternative texts: what a lesson says below a figure, shortened to what stands in its place."""

from __future__ import annotations

import re

SHORTEST, LONGEST = 30, 140
PICTURE = re.compile(r"^\*(?:Moving p|P)ictures?[^:*]*:\s*(.*?)\*\s*$", re.M | re.S)
SYMBOLS = {
    r"\alpha": "α", r"\beta": "β", r"\epsilon": "ε", r"\varepsilon": "ε", r"\lambda": "λ", r"\pi": "π", r"\sigma": "σ",
    r"\tau": "τ", r"\theta": "θ", r"\xi": "ξ", r"\mu": "μ", r"\le": "≤", r"\ge": "≥", r"\approx": "≈", r"\times": "×",
    r"\infty": "∞", r"\pm": "±", r"\log": "log", r"\to": "→", r"\ln": "ln", r"\sqrt": "√", r"\dots": "…", r"\cdot": "·",
}  # fmt: skip


def described(text: str) -> str | None:
    """The description that a cell gives of the picture above it, as plain words, or None where it gives none."""
    match = PICTURE.search(text)
    return plain(match[1]) if match else None


def plain(markdown: str) -> str:
    """Markdown with formulas as words that a screen reader can say."""
    text = re.sub(r"\$+([^$]*)\$+", lambda m: _formula(m[1]), markdown)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return " ".join(re.sub(r"[*`]", "", text).split())


def _formula(tex: str) -> str:
    tex = re.sub(r"\\[a-zA-Z]+", lambda m: SYMBOLS.get(m[0], m[0][1:]), tex)
    tex = re.sub(r"\\[,;!: ]", " ", tex)
    return re.sub(r"[{}]", "", tex).replace("_", " ").strip()


def alternative(text: str) -> str:
    """What is read in place of the picture, when the whole description follows it: its first part, or a bare name."""
    description = described(text)
    if description is None:
        return "Figure"
    first = re.match(rf".{{{SHORTEST},}}?(?=[.;:](?:\s|$))|.*", description)[0]  # up to where a part of a sentence ends
    if len(first) > LONGEST:
        first = first[:LONGEST].rsplit(" ", 1)[0] + " …"
    return f"Figure: {first} (described below)"
