"""The second plate: a hidden picture found in noise, digits completed by a machine, and the zeros of a magnet.

Each picture stands above a curve on which what was measured meets what is known exactly.
"""

from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped, UInt8
from matplotlib.axes import Axes

from . import colours
from .plate import CURVE, GUIDES, LANE, LEFT, PANEL, RIGHT, SMALL, TEXT, Pixels, Sheet, bare
from .runs import Part, Settings, Tick

TOP, BAND, AXIS, FOOTER, INSET = 150, 40, 84, 92, 92  # pixels
STRENGTHS = (0.7, 1.2, 1.8, 3.0)  # of the four faces
CURVE_STRENGTHS = (0.3, 0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.4, 3.0)
TRIALS = 12
HIDDEN, STEPS, LOOKS, CHAINS, MIXTURES, N_TEST = 16, 4000, 16, 5, (10, 30), 500
Q, WINDOW, STATES, MOST = 3, ((-3.9, 5.1), (-4.5, 4.5)), ((2, "cold"), (3, "critical"), (10, "hot")), 8
N_GREYS, N_SHADES = 48, 40
UNKNOWN, PALE = 2.0, np.array([0xC9, 0xDC, 0xEA], np.uint8)  # pixels that are to be completed
COSTS = {"hidden": 14.0, "digits": 32.0, "zeros": 6.0}


def hidden(settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
    """What the leading eigenvector knows of a picture under noise, and how often it is right."""
    from ..limits import spiked

    rng, side = settings.rng("hidden"), max(8, settings.size // 16)
    face = spiked.picture(side).ravel()
    noise, faces = spiked.noise_matrix(face.size, rng), []
    for strength in STRENGTHS:
        _, vector = spiked.leading(strength / face.size * np.outer(face, face) + noise)
        faces.append(vector * (1 if vector @ face > 0 else -1))
    found, rest = [], COSTS["hidden"] / TRIALS
    for _ in range(TRIALS):
        tick(rest)
        one = spiked.noise_matrix(face.size, rng)
        matrices = [s / face.size * np.outer(face, face) + one for s in CURVE_STRENGTHS]
        found.append([float(spiked.squared_overlap(spiked.leading(y)[1], face)) for y in matrices])
    return {"faces": np.array(faces).reshape(len(STRENGTHS), side, side), "overlaps": np.array(found).T}


def digits(settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
    """A machine that learns digits, its exact likelihood on the way, and what it makes of half a digit."""
    import jax

    from .. import machines

    train, test = machines.binary_digits("train"), machines.binary_digits("test")
    rng, key = settings.rng("digits"), jax.random.key(settings.seed)
    n_steps = LOOKS * max(1, min(settings.size, 512) * STEPS // 512 // LOOKS)
    run = machines.fit(train.spins, HIDDEN, key, n_steps=n_steps, n_kept=LOOKS)
    tick(COSTS["digits"] / 2)
    levels = [one.pixels().log_likelihood(test.spins) for one in run.machines]
    machine = run.machines[-1].pixels()
    rivals = [machines.independent(train.spins).log_weight(test.spins) - machines.independent(train.spins).log_z()]
    rivals += [machines.fit_mixture(train.spins, k, rng).log_likelihood(test.spins) for k in MIXTURES]
    tick(COSTS["digits"] / 4)
    known = np.arange(64) < 32
    picks = [int(np.flatnonzero(test.labels == digit)[0]) for digit in range(2, 10)]
    shown = test.spins[picks].astype(float)
    chains = np.repeat(np.where(known, shown, -1.0), CHAINS, axis=0)
    for step in range(60):  # the known half is put back after each sweep of THRML
        free, _, _ = machines.walk(jax.random.fold_in(key, step), machine, chains, 1)
        chains = np.where(known, chains, free)
    exactly = np.array([machine.completion(one, known)[0] for one in shown])
    tick(COSTS["digits"] / 4)
    return {
        "steps": np.array(run.steps),
        "levels": np.array(levels),
        "rivals": np.array(rivals),
        "shown": shown,
        "completed": chains.reshape(len(picks), CHAINS, 64),
        "exactly": exactly,
    }


def zeros(settings: Settings, tick: Tick) -> dict[str, np.ndarray]:
    """Where the Potts magnet on the diamond lattice flows, and its zeros."""
    from ..fractals import diamond, plane

    phase, soon = diamond.flow(plane(WINDOW, 2 * settings.size), Q)
    tick(COSTS["zeros"] / 2)
    nearest = [
        [np.abs(diamond.zeros(q, n) - diamond.critical(q).x).min() for n in range(1, MOST + 1)] for q, _ in STATES
    ]
    tick(COSTS["zeros"] / 2)
    return {"phase": phase, "soon": soon, "zeros": diamond.zeros(Q, 5), "nearest": np.array(nearest)}


PARTS = {work.__name__: Part(work.__name__, COSTS[work.__name__], work) for work in (hidden, digits, zeros)}

# ------------------------------------------------------------------------------------------------------- drawing


def mixed(one: str, other: str, share: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape 3"]:
    """Between two colours: 0 is the one, 1 the other."""
    ends = np.array([[int(name[k : k + 2], 16) for k in (1, 3, 5)] for name in (one, other)], float)
    return np.round(ends[0] + np.asarray(share)[..., None] * (ends[1] - ends[0])).astype(np.uint8)


def grey(value: Float[np.ndarray, "*shape"]) -> UInt8[np.ndarray, "*shape 3"]:
    """From dark at -1 to light at 1, in steps."""
    steps = np.round((np.clip(value, -1, 1) + 1) / 2 * (N_GREYS - 1)) / (N_GREYS - 1)
    return mixed(colours.INK, "#f4f1e8", steps)


def flowing(phase: Shaped[np.ndarray, "n m"], soon: Float[np.ndarray, "n m"]) -> UInt8[np.ndarray, "m n 3"]:
    """Hot and cold points, the later decided the darker, with the imaginary axis upwards."""
    late = np.clip((np.where(np.isfinite(soon), soon, 30.0) + 2) / 12, 0, 1)
    late = np.round(late * (N_SHADES - 1)) / (N_SHADES - 1)
    hot, cold = mixed("#fbe3c4", "#a8390a", late), mixed("#d5e6f5", "#123f6e", late)
    pixels = np.where((phase > 0)[..., None], hot, np.where((phase < 0)[..., None], cold, np.uint8(20)))
    return pixels.swapaxes(0, 1)[::-1]


def board(rows: Shaped[np.ndarray, "rows cols 8 8"], gap: int = 1) -> Float[np.ndarray, "height width"]:
    """Digits beside and below one another, with paper between them: not a number."""
    n_rows, n_cols = rows.shape[:2]
    padded = np.full((n_rows, n_cols, 8 + gap, 8 + gap), np.nan)
    padded[..., :8, :8] = rows
    return padded.swapaxes(1, 2).reshape(n_rows * (8 + gap), n_cols * (8 + gap))[:-gap, :-gap]


def draw(settings: Settings) -> Sheet:
    """The plate, from parts that are there."""
    sheet = Sheet(LEFT + 3 * (LANE + PANEL) + RIGHT, TOP + PANEL + BAND + CURVE + AXIS + FOOTER)
    for number, part in enumerate((_hidden, _digits, _zeros)):
        left = LEFT + number * (LANE + PANEL) + LANE
        axes = sheet.axes(left + INSET, TOP + PANEL + BAND, PANEL - INSET, CURVE)
        title, words, xlabel, ylabel = part(sheet, axes, left, PARTS[part.__name__[1:]].load(settings))
        sheet.text(left, 46, title, fontsize=TEXT + 5, weight="bold")
        for line, sentence in enumerate(words):
            sheet.text(left, 84 + 30 * line, sentence, fontsize=SMALL - 0.5, color=colours.GREY)
        bare(axes)
        axes.set_ylabel(ylabel, fontsize=TEXT - 2, color=colours.INK)
        axes.yaxis.set_label_coords(-70 / (PANEL - INSET), 0.5)
        sheet.text(left + PANEL, TOP + PANEL + BAND + CURVE + 66, xlabel, ha="right", fontsize=TEXT - 1)
    n = PARTS["hidden"].load(settings)["faces"][0].size
    lines = (
        f"Left: ${n}\\times{n}$ entries, {TRIALS} matrices a point. Middle: exact likelihood of {N_TEST} test "
        "pictures, summed over the hidden units.",
        f"Right: Potts magnet with $q={Q}$ on the diamond lattice, $4^5$ zeros. Bars: $\\pm1$ standard error, over "
        "matrices (left) and pictures (middle).",
    )
    for number, sentence in enumerate(lines):
        y = TOP + PANEL + BAND + CURVE + AXIS + 34 + 31 * number
        sheet.text(LEFT + LANE, y, sentence, fontsize=SMALL - 1.5, color=colours.GREY)
    return sheet


Words = tuple[str, tuple[str, str], str, str]


def _hidden(sheet: Sheet, axes: Axes, left: Pixels, kept: dict[str, np.ndarray]) -> Words:
    from ..limits import spiked

    gap, faces = 12, kept["faces"]
    side = (PANEL - gap) / 2
    for number, (face, strength) in enumerate(zip(faces, STRENGTHS, strict=True)):
        across, down = number % 2 * (side + gap), number // 2 * (side + gap)
        sheet.image(left + across, TOP + down, side, grey(face * np.sqrt(face.size) / 1.6))
        label = {"fontsize": SMALL - 1, "bbox": {"fc": "white", "ec": "none", "pad": 3, "alpha": 0.9}}
        sheet.text(left + across + 10, TOP + down + 26, f"$\\lambda={strength:g}$", **label)
    fine, below = np.linspace(0, 3.15, 400), np.linspace(0, 0.75, 100)
    axes.plot(fine, spiked.overlap_theory(fine), **GUIDES["line"])
    axes.plot(below, spiked.overlap_below(below, faces[0].size), **GUIDES["dashes"])
    overlaps = kept["overlaps"]
    error = overlaps.std(1, ddof=1) / np.sqrt(overlaps.shape[1])
    axes.errorbar(CURVE_STRENGTHS, overlaps.mean(1), error, fmt="o", ms=6, color=colours.SIGN["cold"], zorder=3)
    axes.axvline(1, color=colours.HAIR, lw=1, zorder=0)
    axes.set(xlim=(0, 3.15), ylim=(-0.05, 1.02), yticks=[0, 0.5, 1])
    words = "$1-1/\\lambda^2$, exact\nfor infinite size"
    axes.text(0.03, 0.14, "dashed:\n$1/n(1-\\lambda)^2$", transform=axes.transAxes, fontsize=SMALL - 2.5)
    axes.text(0.97, 0.12, words, transform=axes.transAxes, ha="right", fontsize=SMALL - 1)
    return (
        "Learning has a transition",
        ("A picture in noise of strength $1/\\lambda$: what the", "best direction of the data knows of it"),
        "signal  $\\lambda$",
        "overlap$^2$",
    )  # fmt: skip


def _digits(sheet: Sheet, axes: Axes, left: Pixels, kept: dict[str, np.ndarray]) -> Words:
    shown = kept["shown"]
    half = np.where(np.arange(64) < 32, shown, UNKNOWN)
    cells = np.concatenate([shown[:, None], half[:, None], kept["completed"], kept["exactly"][:, None]], axis=1)
    values = board(cells.reshape(len(shown), -1, 8, 8))
    pixels = grey(np.nan_to_num(values))
    pixels[values == UNKNOWN], pixels[np.isnan(values)] = PALE, 255
    sheet.image(left, TOP, PANEL, pixels)
    levels, rivals = kept["levels"], kept["rivals"]
    names = ("pixels by themselves", *(f"{k} templates" for k in MIXTURES))
    error = levels.std(1, ddof=1) / np.sqrt(levels.shape[1])
    for name, level in zip(names, rivals.mean(1), strict=True):
        axes.axhline(level, color=colours.GREY, lw=1.2, ls=(0, (5, 2)))
        above = not name.startswith(str(MIXTURES[0]))
        look = {"fontsize": SMALL - 2, "color": colours.GREY, "va": "bottom" if above else "top"}
        axes.text(0.02 * kept["steps"][-1], level + (0.1 if above else -0.15), name, **look)
    axes.errorbar(kept["steps"], levels.mean(1), error, fmt="o-", ms=6, lw=1.2, color=colours.SIGN["cold"], zorder=3)
    low, high = min(rivals.mean(1).min(), levels.mean(1).min()), max(rivals.mean(1).max(), levels.mean(1).max())
    axes.set(xlim=(0, 1.03 * kept["steps"][-1]), ylim=(low - 0.6, high + 1.1))
    return (
        "Machines complete digits",
        (f"Picture, its upper half, {CHAINS} completions, and their", f"exact mean; {HIDDEN} hidden units, on THRML"),
        "step of training",
        "$\\log p$ (nats)",
    )


def _zeros(sheet: Sheet, axes: Axes, left: Pixels, kept: dict[str, np.ndarray]) -> Words:
    from ..fractals import diamond

    (west, east), (south, north) = WINDOW
    picture = sheet.image(left, TOP, PANEL, flowing(kept["phase"], kept["soon"]))
    n = picture.get_xlim()[1]
    x, y = (kept["zeros"].real - west) / (east - west) * n, (kept["zeros"].imag - south) / (north - south) * n
    picture.plot(x, y, "o", ms=3.2, mfc="white", mec=colours.INK, mew=0.5)
    picture.axhline(-south / (north - south) * n, color="white", lw=0.7)
    generations = np.arange(1, MOST + 1)
    for (q, sign), distance in zip(STATES, kept["nearest"], strict=True):
        slope = diamond.critical(q).slope
        axes.plot(generations, distance[-1] * slope ** (MOST - generations.astype(float)), **GUIDES["dashes"])
        axes.plot(generations, distance, "o", ms=7, color=colours.SIGN[sign], zorder=3)
        words = {"fontsize": SMALL - 1, "color": colours.SIGN[sign], "va": "center"}
        height = distance[-1] * (1.25 if q == 2 else 0.85)  # the labels of q = 2 and 3 would touch
        axes.text(MOST + 0.25, height, f"$q={q}$", **words)
    low = kept["nearest"].min()
    axes.set(yscale="log", xlim=(0.6, MOST + 1.6), xticks=range(1, MOST + 1), ylim=(low / 2, 3 * kept["nearest"].max()))
    axes.text(0.04, 0.1, "dashed: slope of\nthe map, exact", transform=axes.transAxes, fontsize=SMALL - 1)
    return (
        "Zeros of $Z$ are a fractal",
        ("Weights $e^{\\beta}$ of a pair: orange flows to hot, blue", "to cold, and the zeros of $Z$ lie between"),
        "generation",
        "distance to $e^{\\beta_c}$",
    )


def palette() -> UInt8[np.ndarray, "n 3"]:
    """The colours that the pictures need."""
    late = np.linspace(0, 1, N_SHADES)
    shades = (mixed("#fbe3c4", "#a8390a", late), mixed("#d5e6f5", "#123f6e", late))
    return np.concatenate([*shades, grey(np.linspace(-1, 1, N_GREYS)), PALE[None], np.full((1, 3), 20, np.uint8)])


def save(settings: Settings) -> list[Path]:
    """The plate, and one for a page that shows it at half its width."""
    sheet, large, small = draw(settings), settings.out / "learning.png", settings.out / "learning-small.png"
    for path, density in ((large, 2), (small, 1)):
        sheet.save(path, density, wanted=palette())
    return [large, small]
