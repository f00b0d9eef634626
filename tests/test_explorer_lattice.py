"""The live lattice: what it shows, what its caption says, and that it does as it is told."""

import io

import numpy as np
import pytest
from PIL import Image

from course_utils.explorers import lattice
from course_utils.explorers.lattice import live_lattice, palette_png
from course_utils.lattice import XY, Clock, Ising, Potts, colours, exact

SIZE = 16


@pytest.fixture(scope="module")
def ising():
    return live_lattice(Ising(SIZE))


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


@pytest.mark.parametrize("n", [2, 3, 5, 16, 17, 256])
@pytest.mark.parametrize("shape", [(4, 4), (7, 13)])
def test_a_picture_is_a_png_of_the_right_colours(n, shape):
    rng = np.random.default_rng(n)
    index, table = rng.integers(0, n, shape), rng.integers(0, 256, (n, 3)).astype(np.uint8)
    png = palette_png(index, table)
    assert (pixels(png) == table[index]).all()
    assert png.startswith(b"\x89PNG")


def test_the_picture_shows_the_spins_with_row_0_at_the_bottom(ising, monkeypatch):
    spins = -np.ones((SIZE, SIZE), np.int8)
    spins[0, 2] = 1
    monkeypatch.setattr(ising, "step", lambda *_: (spins, -1.5, 0.25))
    ising.play.value += 1
    up = (pixels(ising.picture) == colours.ISING[1]).all(-1)
    assert np.argwhere(up).tolist() == [[SIZE - 1, 2]]
    assert "Energy per spin -1.500" in ising.caption
    assert "|m| 0.250" in ising.caption


def test_in_the_cold_all_spins_stay_up(ising):
    ising.start("aligned")
    ising.set(temperature=0.5)
    ising.play.value += 1
    assert (pixels(ising.picture) == colours.ISING[1]).all()


@pytest.mark.parametrize("model", [Ising(SIZE), Potts(SIZE, 5), Clock(SIZE, 16), XY(SIZE)], ids=lambda m: m.title)
def test_each_model_starts_without_error_and_says_its_temperature_and_transition(model):
    live = live_lattice(model)
    assert live.error is None
    at = model.transition
    assert live.caption.startswith(f"{model.title}, 16 × 16, T = {live.values['temperature']:.2f} ({at.label} = ")
    assert f"= {at.temperature:.3f})" in live.caption
    assert f"{lattice.FIRST_SWEEPS} sweeps after a quench from random spins" in live.caption
    assert pixels(live.picture).shape == (SIZE, SIZE, 3)
    assert live.question == model.question
    live.play.value += 1
    assert live.sweeps_done == lattice.FIRST_SWEEPS + 1
    assert live.error is None


def test_a_field_takes_the_exact_values_out_of_the_caption():
    live = live_lattice(Ising(SIZE, field=0.5))
    assert live.error is None
    assert "equilibrium" not in live.caption
    assert "T_c" not in live.caption


def test_a_lattice_that_is_not_square_keeps_its_shape():
    live = live_lattice(Potts((8, 16), 3))
    assert pixels(live.picture).shape == (8, 16, 3)
    assert (live.image.width, live.image.height) == ("512", "256")
    assert "8 × 16" in live.caption


def test_a_tick_sweeps_as_often_as_the_control_says_and_draws(ising):
    before, picture = ising.sweeps_done, ising.picture
    ising.set(temperature=3.0, sweeps=4)
    assert ising.sweeps_done == before + 4
    ising.play.value += 1
    assert ising.sweeps_done == before + 8
    assert ising.picture != picture
    assert f"{ising.sweeps_done:,} sweeps" in ising.caption
    ising.set(sweeps=1)


def test_while_the_page_plays_a_tick_makes_several_pictures_and_few_captions(monkeypatch):
    now = [100.0]
    waits = []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(lattice.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(lattice.time, "sleep", sleep)
    monkeypatch.setattr(lattice, "CAPTION_S", 1.0)
    live = live_lattice(Ising(SIZE))
    playing = "playing" if live.play.has_trait("playing") else "_playing"
    now[0] += 10
    setattr(live.play, playing, True)
    live.play.value += 1  # its caption is sent, as it is seconds since the last one
    told = live.text.value
    before, drawn = live.sweeps_done, live.renders
    for _ in range(3):
        now[0] += 0.01
        live.play.value += 1
    assert live.sweeps_done == before + 3 * lattice.FRAMES
    assert live.renders == drawn + 3 * lattice.FRAMES
    assert waits == [pytest.approx(lattice.FRAME_S)] * 4 * (lattice.FRAMES - 1)
    assert live.text.value == told
    now[0] += lattice.CAPTION_S
    live.play.value += 1
    assert live.text.value != told
    live.play.value += 1
    setattr(live.play, playing, False)
    assert f"{live.sweeps_done} sweeps" in live.text.value  # at rest, the caption is that of the picture
    before = live.sweeps_done
    live.play.value += 1
    assert live.sweeps_done == before + 1


def test_quench_and_order_start_anew(ising):
    ising.set(temperature=1.0)
    ising.buttons["order"].click()
    assert ising.sweeps_done == 1
    assert "1 sweeps after all spins equal" in ising.caption or "1 sweep after all spins equal" in ising.caption
    assert float(ising.caption.split("|m| ")[1].split()[0]) > 0.9
    ising.buttons["quench"].click()
    first = ising.picture
    assert "after a quench" in ising.caption
    assert float(ising.caption.split("|m| ")[1].split()[0]) < 0.6
    ising.buttons["quench"].click()
    assert ising.picture != first, "each quench has other random numbers"


def test_the_caption_tends_to_the_exact_values(ising):
    ising.buttons["order"].click()
    ising.set(temperature=1.5, sweeps=16)
    energies, orders = [], []
    for _ in range(60):
        ising.play.value += 1
        energies.append(float(ising.caption.split("spin ")[1].split()[0].replace("−", "-")))
        orders.append(float(ising.caption.split("|m| ")[1].split()[0]))
    ising.set(sweeps=1)
    assert np.mean(energies) == pytest.approx(exact.onsager_energy(1 / 1.5), abs=0.01)
    assert np.mean(orders) == pytest.approx(exact.yang_magnetisation(1 / 1.5), abs=0.005)
    assert f"equilibrium {exact.onsager_energy(1 / 1.5):.3f}, Onsager" in ising.caption
    assert f"equilibrium {exact.yang_magnetisation(1 / 1.5):.3f}, Yang" in ising.caption


def test_above_the_transition_yang_says_zero(ising):
    ising.set(temperature=3.0)
    assert "(equilibrium 0.000, Yang)" in ising.caption


def test_the_one_shown_before_stops_when_the_cell_runs_again():
    first = live_lattice(Potts(SIZE, 5))
    assert first.play.comm is None or first.box.comm is not None
    setattr(first.play, "playing" if first.play.has_trait("playing") else "_playing", True)
    second = live_lattice(Potts(SIZE, 5))
    assert not getattr(first.play, "playing", getattr(first.play, "_playing", None))
    assert second.error is None
    other = live_lattice(XY(SIZE))
    second.play.value += 1
    assert second.error is None
    assert other.error is None


def test_an_error_is_shown_in_the_caption_and_the_next_frame_recovers(ising, monkeypatch):
    def broken(*_):
        raise RuntimeError("no lattice today")

    monkeypatch.setattr(ising, "step", broken)
    ising.play.value += 1
    assert "RuntimeError: no lattice today" in ising.caption
    assert "explorer-error" in ising.text.value
    monkeypatch.undo()
    ising.play.value += 1
    assert ising.error is None


def test_vortices_are_marked_on_the_corners_of_their_plaquettes():
    y, x = np.mgrid[0:8, 0:8] - 3.5
    angle = (np.arctan2(y, x) - np.arctan2(y - 2, x)) % (2 * np.pi)
    index = np.zeros((8, 8), np.uint8)
    marked, table = colours.mark_vortices(index, colours.angles(), XY(8).vortices(angle.astype(np.float32)))
    assert len(table) == 256
    white, black = len(table) - 2, len(table) - 1
    assert (table[white] == 255).all()
    assert (table[black] == 0).all()
    assert (marked[3:5, 3:5] == white).all()
    assert (marked[5:7, 3:5] == black).all()


def test_vortices_and_antivortices_are_counted_alike_in_the_caption():
    live = live_lattice(XY(SIZE))
    live.set(temperature=2.0, vortices=True)
    assert "vortices and as many antivortices" in live.caption
    assert live.error is None
    live.set(vortices=False)
    assert "vortices" not in live.caption
