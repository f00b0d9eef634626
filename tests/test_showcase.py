"""The showcase on small lattices: what it makes, what it refuses, and how it stops and goes on."""

from __future__ import annotations

import math
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import showcase
from course_utils.lattice import XY, Ising, Potts, exact
from course_utils.lattice.colours import angles
from course_utils.showcase import colours, columns, command, critical, films, learning, plate, runs, statistics

ROOT = Path(__file__).resolve().parent.parent
SIZE = 32


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plate, the statistics and the critical lattice."""
    folder = tmp_path_factory.mktemp("showcase")
    arguments = ["--out", str(folder), "--size", str(SIZE), "--only", "plate", "statistics", "critical", "learning"]
    assert command.main(arguments) == 0
    return folder


@pytest.fixture
def settings(out: Path) -> runs.Settings:
    return runs.Settings(out, SIZE)


# ------------------------------------------------------------------------------------------------ what it makes


@pytest.mark.slow
def test_pictures_have_palettes_and_the_sizes_that_pages_want(out: Path) -> None:
    with Image.open(out / "plate.png") as large, Image.open(out / "plate-small.png") as small:
        assert large.mode == "P"
        assert 1600 <= small.width <= 1800
        assert large.size == (2 * small.width, 2 * small.height)
    for name, most in {
        "plate.png": 1.5e6,
        "plate-small.png": 7e5,
        "statistics.png": 1e6,
        "critical.png": 1e6,
        "learning.png": 6e5,
    }.items():
        assert 0 < (out / name).stat().st_size < most


@pytest.mark.slow
@pytest.mark.parametrize("name", showcase.MADE)
def test_the_plates_that_come_with_the_course_are_the_small_ones(out: Path, name: str) -> None:
    with Image.open(showcase.MADE[name]) as made, Image.open(out / f"{name}-small.png") as small:
        assert made.mode == "P"
        assert made.size == small.size
    assert 1e5 < showcase.MADE[name].stat().st_size < 7e5
    shown, about = showcase.plate_made(name)._repr_mimebundle_()
    assert "image/png" in shown
    assert about["image/png"]["alt"] == showcase.WORDS[name]
    assert showcase.MADE[name].relative_to(ROOT).as_posix() in (ROOT / "README.md").read_text("utf-8")


def test_an_unknown_plate_is_refused() -> None:
    with pytest.raises(ValueError, match="name = 'films'"):
        showcase.plate_made("films")


@pytest.mark.slow
def test_digits_of_the_second_plate_keep_their_half_and_are_judged_exactly(settings: runs.Settings) -> None:
    kept = learning.PARTS["digits"].load(settings)
    known = np.arange(64) < 32
    assert (kept["completed"] == kept["shown"][:, None])[..., known].all()
    assert (kept["exactly"] == kept["shown"])[:, known].all()
    means = kept["completed"].mean(1)[:, ~known]  # of five chains each, 256 pixels: about 0.9 with the exact means
    assert np.corrcoef(means.ravel(), kept["exactly"][:, ~known].ravel())[0, 1] > 0.7
    assert (np.diff(kept["levels"].mean(1)[[0, len(kept["levels"]) // 2, -1]]) > 0).all()
    assert kept["rivals"].shape == (3, learning.N_TEST)


@pytest.mark.slow
def test_faces_and_zeros_of_the_second_plate_are_those_of_theory(settings: runs.Settings) -> None:
    from course_utils.fractals import diamond
    from course_utils.limits import spiked

    kept = learning.PARTS["hidden"].load(settings)
    n, overlaps = kept["faces"][0].size, kept["overlaps"]
    assert overlaps.shape == (len(learning.CURVE_STRENGTHS), learning.TRIALS)
    error = overlaps[-1].std(ddof=1) / math.sqrt(learning.TRIALS)
    assert abs(overlaps[-1].mean() - spiked.overlap_theory(3.0)) < 4 * error + 1 / n
    kept = learning.PARTS["zeros"].load(settings)
    assert len(kept["zeros"]) == 4**5
    assert (
        np.abs(diamond.decimated(kept["zeros"], learning.Q) - diamond.zeros(learning.Q, 4)[:, None]).min(0) < 1e-9
    ).all()
    pixels = learning.flowing(kept["phase"], kept["soon"])
    (west, east), (south, north) = learning.WINDOW
    for x, warm in ((1.0, True), (4.9, False)):  # the hot fixed point, and beyond the transition at 4
        red, _, blue = pixels[
            round(north / (north - south) * len(pixels)), int((x - west) / (east - west) * len(pixels))
        ]
        assert (red > blue) == warm


@pytest.mark.slow
def test_spins_in_the_plate_have_their_colours(settings: runs.Settings) -> None:
    with Image.open(settings.out / "plate.png") as image:
        pixels = np.asarray(image.convert("RGB"))
    spins = runs.POINTS["ising", 0].load(settings)["spins"]
    side = 2 * plate.PANEL
    top, left = 2 * (plate.HEADER + plate.CAPTION), 2 * (plate.LEFT + plate.LANE)
    cell = side / SIZE
    centres = ((np.arange(SIZE) + 0.5) * cell).astype(int)
    shown = pixels[top + centres][:, left + centres]
    np.testing.assert_array_equal(shown, colours.picture(Ising(SIZE), spins))


@pytest.mark.slow
def test_the_table_has_what_is_known_and_both_starts(settings: runs.Settings) -> None:
    words = (settings.out / "statistics.md").read_text(encoding="utf-8")
    found = statistics.lines(settings)
    assert all(plate.measured(line.value) in words for line in found)
    assert {line.known.text for line in found if line.known} == {
        "Kaufman, this torus",
        "Yang",
        "Onsager",
        "Potts, infinite lattice",
        "duality, from the hot lattice",
        "by parts, any lattice",
        "Nelson and Kosterlitz, infinite lattice",
    }
    # ±1 standard error, from eight pieces each; a tenth of the pulls of a right program may lie beyond 2
    pulls = np.array([line.pull for line in found if line.pull is not None])
    assert len(pulls) == 9
    assert (np.abs(pulls) < 5).all()  # of Student's distribution with seven degrees of freedom: one in 600
    assert (np.abs(pulls) < 2).sum() >= 7
    assert words.count(" τ ") >= 9


def test_a_film_and_its_poster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films, "SECONDS", 1)
    monkeypatch.setattr(films, "SIDE", 2 * SIZE)
    settings = runs.Settings(tmp_path, SIZE)
    runs.make([films.FILMS["xy"]], settings)
    assert films.FILMS["xy"].done(settings)
    with Image.open(settings.parts / "quench-xy.png") as poster:
        assert poster.width == 2 * SIZE
    assert (settings.parts / "quench-xy.mp4").stat().st_size > 1000
    kept = films.FILMS["xy"].load(settings)
    assert kept["energy"].shape == (30,)
    assert kept["energy"][-1] < -1.7 < kept["energy"][0]
    (settings.parts / "quench-xy.mp4").unlink()
    assert not films.FILMS["xy"].done(settings)


def test_films_run_ever_faster_to_the_wanted_time() -> None:
    counts = films.schedule(2000)
    assert (np.diff(counts) >= 0).all()
    assert abs(counts.sum() * films.CHUNK - 2000) < 200
    assert len(counts) * films.CHUNK == films.FPS * films.SECONDS


def test_majorities_of_blocks() -> None:
    spins = np.ones((4, 4), np.int8)
    spins[:2, :2] = -1
    spins[2, :2] = -1  # a tie, which the block's first spin decides
    np.testing.assert_array_equal(critical.blocks(spins, 2), [[-1, 1], [-1, 1]])


# ------------------------------------------------------------------------------------------------ what it knows


def test_duality_of_potts_with_two_colours_is_that_of_ising() -> None:
    """E(Potts) = E(Ising) / 2 - 1 at twice the temperature scale."""
    for beta in (0.5, 0.8, 1.2):
        here, there = (exact.onsager_energy(b / 2) / 2 - 1 for b in (beta, 1 / columns.dual(1 / beta, 2)))
        assert columns.dual_energy(there, 1 / beta, 2) == pytest.approx(here, abs=1e-9)
    for q in (2, 3, 5):
        temperature = 1 / exact.potts_beta_c(q)
        assert columns.dual(temperature, q) == pytest.approx(temperature)
        assert columns.dual_energy(-(1 + 1 / math.sqrt(q)), temperature, q) == pytest.approx(-(1 + 1 / math.sqrt(q)))


def test_the_map_of_angles_closes_and_has_even_steps() -> None:
    table = angles(colours.N_HUES).astype(float)
    steps = np.linalg.norm(np.diff(np.vstack([table, table[:1]]), axis=0), axis=1)
    assert steps.max() < 30  # of 441 from black to white
    assert steps.min() > 5
    assert (table.max(1) - table.min(1)).min() > 90  # vivid all the way round


def test_colours_of_each_model() -> None:
    assert len(colours.table(Potts(4, 10))) == 10
    assert len(np.unique(colours.table(Potts(4, 10)), axis=0)) == 10
    angles = np.array([[0.0, 2 * np.pi - 1e-4], [np.pi, 3.0]], np.float32)
    np.testing.assert_array_equal(colours.picture(XY(2), angles)[1, 0], colours.picture(XY(2), angles)[1, 1])


# ------------------------------------------------------------------------------------- refused, stopped, resumed


@pytest.mark.slow
def test_a_frozen_start_is_refused(settings: runs.Settings, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    frozen = runs.Settings(tmp_path, SIZE)
    frozen.parts.mkdir(parents=True)
    for part in command.BASE:
        kept = part.load(settings)
        if part.name == "xy-cold":
            kept["energy"] = kept["energy"].copy()
            kept["energy"][1] = -2.0  # aligned spins that never moved
        np.savez(part.path(frozen), **kept)
    arguments = ["--out", str(tmp_path), "--size", str(SIZE), "--only", "plate"]
    assert command.main(arguments) == 1
    said = capsys.readouterr().err
    assert "xy-cold, energy" in said
    assert "do NOT agree" in said
    assert said.count("\n") == 1
    assert not (tmp_path / "plate.png").exists()


@pytest.mark.slow
def test_what_is_whole_is_not_made_again(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(runs.Part, "__call__", work)
    assert command.main(["--out", str(out), "--size", str(SIZE), "--only", "critical"]) == 0


def test_it_stops_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    made = []

    def work(settings: runs.Settings, tick: runs.Tick) -> dict[str, np.ndarray]:
        tick(0.5)
        if made == ["first"]:
            signal.raise_signal(signal.SIGINT)
            made.append("stopped")
            tick(0.5)
        made.append("first" if not made else "second")
        return {"x": np.zeros(1)}

    parts = (runs.Part("first", 2.0, work), runs.Part("second", 1.0, work))
    monkeypatch.setitem(command.PRODUCTS, "plate", (parts, lambda settings: []))
    arguments = ["--out", str(tmp_path), "--size", str(SIZE), "--only", "plate"]
    assert command.main(arguments) == 130
    assert "1 of 2 parts are whole and kept" in capsys.readouterr().out
    assert command.main(arguments) == 0
    assert made == ["first", "stopped", "second"]
    assert not list(tmp_path.rglob("*.partial"))


@pytest.mark.slow
def test_parts_are_the_same_in_processes(settings: runs.Settings, tmp_path: Path) -> None:
    part = runs.Part("critical", 1.0, runs.large)
    runs.make([part], runs.Settings(tmp_path, SIZE), workers=2)
    pooled, here = (part.load(s) for s in (runs.Settings(tmp_path, SIZE), settings))
    np.testing.assert_array_equal(pooled["spins"], here["spins"])


def test_starts_that_do_not_agree_run_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(columns.COLUMNS[0]), "n_updates", (8, 8, 8))
    monkeypatch.setattr(runs, "LEAST_TAU", 1e9)
    kept = runs.point("ising", 1, runs.Settings(tmp_path, SIZE), lambda cost: None)
    assert kept["energy"].shape == (2, runs.CHAINS, 8 * 2 ** (runs.TRIES - 1))
    assert kept["n_burn_in"] == 50 + 8 + 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "30"], "--size 30: expected a multiple of 16 from 32 to 1024"),
        (["--size", "4096"], "--size 4096: expected"),
        (["--size", "big"], "invalid int value: 'big'"),
        (["--seed", "-1"], "--seed -1: expected a whole number >= 0"),
        (["--only", "poem"], "invalid choice: 'poem'"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_bad_options_give_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as ended:
        command.read(arguments)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in said
    assert said.count("\n") == 1


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(SystemExit):
        command.read(["--out", str(tmp_path / "taken")])
    assert "taken: no folder can be made there" in capsys.readouterr().err
