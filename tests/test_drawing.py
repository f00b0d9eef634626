"""The drawing pad without a browser: an exact density from strokes, text in and out, shapes, undo, and a training."""

import io
import itertools
import math
import re

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image

from course_utils import data, ebm, explorers, samplers
from course_utils.data.drawn import MOST, REACH, STDS
from course_utils.explorers import drawing, learned_drawing

ZIGZAG = "-3,-1 -1,2 1,-1 3,2\n0,3"
HEART = "0,1.5 1,2.6 2.5,2.4 3,1 2,-0.8 0,-3 -2,-0.8 -3,1 -2.5,2.4 -1,2.6 0,1.5"


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def exact_moments(lines, std: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and covariance, by hand: the integrals along each segment, plus the noise."""
    total, first, second = 0.0, torch.zeros(2).double(), torch.zeros(2, 2).double()
    for line in lines:
        if len(line) == 1 or float(torch.diff(line, dim=0).abs().sum()) == 0:
            total, first, second = total + std, first + std * line[0], second + std * torch.outer(line[0], line[0])
            continue
        for a, b in itertools.pairwise(line):
            length = float((b - a).norm())
            total, first = total + length, first + length * (a + b) / 2
            second += length * (torch.outer(a, a) + torch.outer(b, b) + torch.outer(a + b, a + b)) / 6
    mean = first / total
    return mean, second / total - torch.outer(mean, mean) + std**2 * torch.eye(2)


class TestDensity:
    @pytest.mark.parametrize("std", STDS)
    @pytest.mark.parametrize("name", data.SHAPES)
    def test_it_integrates_to_one_on_the_grid(self, name, std):
        density = data.drawn(data.SHAPES[name], std, name)
        points, cell = ebm.grid(density.domain, 120)
        assert float(density.log_prob(points).exp().sum() * cell) == pytest.approx(1, abs=1e-6)

    def test_it_does_so_even_where_strokes_touch_the_edge_of_their_square(self):
        density = data.drawn(data.strokes("-4,-4 4,-4 4,4 -4,4 -4,-4"), STDS[1])
        points, cell = ebm.grid(density.domain)
        assert float(density.log_prob(points).exp().sum() * cell) == pytest.approx(1, abs=1e-6)

    def test_along_a_straight_stroke_it_is_that_of_a_thickened_line(self):
        density = data.drawn(data.strokes("-3,0.5 3,0.5"), 0.15)
        x = torch.stack(
            [torch.linspace(-2, 2, 401, dtype=torch.float64), torch.full((401,), 0.6, dtype=torch.float64)], -1
        )
        wanted = -math.log(6) - 0.5 * (0.1 / 0.15) ** 2 - 0.5 * math.log(2 * math.pi * 0.15**2)
        assert density.log_prob(x).numpy() == pytest.approx(wanted, abs=1e-7)

    @pytest.mark.parametrize("text", [ZIGZAG, HEART])
    def test_samples_have_its_exact_moments_within_five_standard_errors(self, text):
        lines, n = data.strokes(text), 200_000
        x = data.drawn(lines, 0.2).sample(n, generator(1)).double()
        mean, cov = exact_moments(lines, 0.2)
        away = x - mean
        products = away[:, :, None] * away[:, None, :]
        # nodes at the middle of equal pieces, and pieces that end beside corners, move a moment by less than 0.003
        assert ((x.mean(0) - mean).abs() < 5 * x.std(0) / math.sqrt(n) + 0.003).all()
        assert ((products.mean(0) - cov).abs() < 5 * products.std(0) / math.sqrt(n) + 0.003).all()

    def test_samples_have_the_density_that_is_said(self):
        density = data.drawn(data.strokes(HEART))
        told = -density.log_prob(density.sample(100_000, generator(2)).double())
        assert float(told.mean()) == pytest.approx(ebm.entropy(density), abs=5 * float(told.std()) / math.sqrt(1e5))

    def test_its_energy_is_the_same_mixture_and_samplers_take_it(self):
        lines = data.strokes(ZIGZAG)
        density, energy = data.drawn(lines), data.drawn_energy(lines)
        x = 3 * torch.randn(50, 2, generator=generator(3), dtype=torch.float64)
        assert energy(x).numpy() == pytest.approx(-density.log_prob(x).numpy(), rel=1e-9)
        assert energy.log_z() == 0
        chains = samplers.mala(energy, density.sample(64, generator(4)).double(), step_size=0.01, n_steps=20,
                               generator=generator(5), keep=False)  # fmt: skip
        assert chains.acceptance.mean() > 0.5

    def test_weight_goes_with_length_however_fast_a_line_was_drawn(self):
        slow = " ".join(f"{-3 + k / 50:.2f},-2" for k in range(101))  # 2 long, in a hundred pieces
        density = data.drawn(data.strokes(f"{slow}\n-3,2 3,2"))
        x = density.sample(100_000, generator(6))
        assert float((x[:, 1] < 0).double().mean()) == pytest.approx(2 / 8, abs=0.01)

    def test_a_dot_and_a_point_drawn_twice_are_one_gaussian(self):
        for text in ("1,1", "1,1 1,1"):
            x = data.drawn(data.strokes(text), 0.2).sample(20_000, generator(7))
            assert x.std(0).numpy() == pytest.approx(0.2, abs=0.005)
            assert x.mean(0).numpy() == pytest.approx(1.0, abs=0.01)

    @pytest.mark.parametrize(
        ("lines", "std", "says"),
        [
            ([], 0.15, "strokes = .*: expected at least one"),
            ([torch.zeros(3)], 0.15, "stroke 1 has shape"),
            ([torch.zeros(1, 2), torch.full((2, 2), 5.0)], 0.15, "(?s)stroke 2 .* from -4 to 4"),
            ([torch.zeros(1, 2)], 0.5, "std = 0.5: expected a finite number from 0.1 to 0.2"),
            ([torch.tensor([[-4.0, 0.0], [4.0, 0.0]] * MOST)], 0.1, "stroke 1 is .* long"),
        ],
    )
    def test_bad_strokes_are_named(self, lines, std, says):
        for make in (data.drawn, data.drawn_energy):
            with pytest.raises(ValueError, match=says):
                make(lines, std)


class TestText:
    def test_one_stroke_per_line_with_commas_or_without(self):
        first, second = data.strokes("\n -2,0  -1,1.5 0,0\n\n1 2, 3 4 \n")
        assert first.tolist() == [[-2, 0], [-1, 1.5], [0, 0]]
        assert second.tolist() == [[1, 2], [3, 4]]
        assert data.strokes(" \n") == []

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("0,0 1", "line 1 of strokes = '0,0 1': expected pairs x,y"),
            ("0,0\n1,x", "line 2 of strokes .* expected numbers"),
            ("0,0 1,4.5", "line 1 of strokes .* from -4 to 4, of which 4.5 is none"),
            ("nan,0", "line 1 of strokes .* expected finite numbers"),
            ("[[0, 0]]", "line 1 of strokes .* expected numbers"),
        ],
    )
    def test_what_is_no_stroke_is_named_with_its_line(self, text, says):
        with pytest.raises(ValueError, match=re.escape(says).replace(r"\ \.\*\ ", " .* ")):
            data.strokes(text)


class TestPad:
    def test_until_something_is_drawn_the_shape_serves(self):
        pad = explorers.DrawingPad("ring")
        assert pad.error is None
        assert pad.density().name == "ring"
        assert pad.points(7).shape == (7, 2)
        assert torch.equal(pad.strokes[0], data.SHAPES["ring"][0])
        assert "Shape: ring, 15.7 long" in pad.caption

    @pytest.mark.parametrize("name", drawing.PRESETS)
    def test_each_shape_is_drawn_and_lies_in_the_square(self, name):
        pad = explorers.DrawingPad()
        before = pad.picture
        pad.set(preset=name)
        assert (pad.picture == before) == (name == drawing.PRESETS[0])
        assert f"Shape: {name}" in pad.caption
        assert max(float(line.abs().max()) for line in pad.strokes) < REACH

    def test_all_shapes_are_offered(self):
        assert set(drawing.PRESETS) == set(data.SHAPES)

    def test_strokes_replace_the_shape_and_a_shape_the_strokes(self):
        pad = explorers.DrawingPad()
        pad.controls["strokes"].value = ZIGZAG  # as the page does
        assert "Your drawing: 2 strokes, 10.8 long" in pad.caption
        assert pad.density().name == "drawing"
        assert pad.strokes[0].tolist() == [[-3, -1], [-1, 2], [1, -1], [3, 2]]
        pad.controls["preset"].value = "face"
        assert pad.controls["strokes"].value == ""
        assert pad.density().name == "face"

    def test_a_drawing_can_be_kept_as_text(self):
        pad = explorers.DrawingPad(strokes=HEART)
        assert pad.density().name == "drawing"
        assert "Your drawing: 1 stroke," in pad.caption
        with pytest.raises(ValueError, match="line 1 of strokes"):
            explorers.DrawingPad(strokes="a heart")

    def test_the_density_is_kept_until_something_changes(self):
        pad = explorers.DrawingPad()
        density = pad.density()
        assert pad.density() is density
        pad.set(std=0.2)
        assert pad.density() is not density
        assert torch.equal(pad.points(9, seed=3), pad.points(9, seed=3))

    def test_its_energy_is_that_of_its_density(self):
        pad = explorers.DrawingPad(std=0.12).set(strokes=ZIGZAG)
        x = pad.points(20).double()
        assert pad.energy()(x).numpy() == pytest.approx(-pad.density().log_prob(x).numpy(), rel=1e-9)

    def test_undo_goes_back_step_by_step_and_brings_a_drawing_back_that_a_shape_replaced(self):
        pad = explorers.DrawingPad()
        for text in ("0,0", ZIGZAG):
            pad.set(strokes=text)
        pad.set(preset="ring")
        undo = next(button for button in pad.box.children[1].children[1].children if button.description == "Undo")
        seen = []
        for _ in range(4):
            undo.click()
            seen.append(pad.controls["strokes"].value)
        assert seen == [ZIGZAG, "0,0", "", ""]
        assert "Shape: ring" in pad.caption

    def test_bad_text_is_named_under_the_picture_and_by_the_density(self):
        pad = explorers.DrawingPad()
        pad.controls["strokes"].value = "0,0 9,9"
        assert isinstance(pad.error, ValueError)
        assert "line 1 of strokes" in pad.caption
        with pytest.raises(ValueError, match="line 1 of strokes"):
            pad.density()
        pad.controls["strokes"].value = "0,0 3,3"
        assert pad.error is None

    @pytest.mark.parametrize(("preset", "std", "says"), [("cat", 0.15, "preset = 'cat'"), ("ring", 1.0, "std = 1.0")])
    def test_bad_arguments_are_named(self, preset, std, says):
        with pytest.raises(ValueError, match=says):
            explorers.DrawingPad(preset, std)

    def test_it_shows_its_script_once_and_then_the_widget_with_its_numbers(self):
        from IPython.utils.capture import capture_output

        InteractiveShell.instance()
        pad = explorers.DrawingPad()
        with capture_output() as captured:
            pad._ipython_display_()
        script, words, view = (output.data for output in captured.outputs)
        assert "window.courseExplorers" in words["text/html"]
        assert script["text/html"].count("<script>") == 1
        assert "window.courseDrawingPad" in script["text/html"]
        assert "Shape: two moons" in view["text/plain"]
        assert view["application/vnd.jupyter.widget-view+json"]["model_id"] == pad.box.model_id

    def test_one_who_cannot_see_the_picture_is_told_the_keys(self):
        assert 'role="application"' in drawing.CANVAS
        assert "arrow keys" in drawing.KEYS
        assert 'role="status"' in drawing.CANVAS


@pytest.fixture(scope="module")
def learned():
    return explorers.learn_drawing(explorers.DrawingPad("ring").density(), n_steps=100)


class TestTraining:
    def test_its_kl_is_exact_and_has_fallen(self, learned):
        assert learned.kl == ebm.kl(learned.density, learned.run.energy, max_edge_mass=None)
        assert learned.kl < 0.7 * float(learned.run.history["KL"][0])
        again = explorers.learn_drawing(learned.density, n_steps=100)
        assert again.kl == learned.kl, "the same seed gives the same run"

    @pytest.mark.slow
    def test_its_film_moves_and_its_samples_lie_where_the_model_is(self, learned):
        film = Image.open(io.BytesIO(learned.film().data))
        assert film.n_frames == len(learned.run.snapshots) + 1
        x = learned.samples(4000)
        mean = ebm.expectation(learned.run.energy, lambda z: (z**2).sum(-1), learned.density.domain)
        square = (x**2).sum(-1)
        assert float(square.mean()) == pytest.approx(float(mean), abs=5 * float(square.std()) / math.sqrt(4000))

    def test_its_figure_says_the_kl(self, learned):
        assert f"{learned.kl:.3f} nats" in learned.figure()._suptitle.get_text()

    def test_an_objective_of_ones_own_is_taken(self):
        own = ebm.ContrastiveDivergence(k=2, step_size=0.02)
        learned = explorers.learn_drawing(data.two_moons(), own, n_steps=20)
        assert learned.method == "ContrastiveDivergence"
        assert learned.run.step == 20

    @pytest.mark.parametrize(
        ("density", "method", "says"),
        [
            ("ring", "NCE", "density = 'ring'"),
            (data.mixture_1d(), "NCE", "in the plane"),
            (data.two_moons(), "SM", "method"),
        ],
    )
    def test_bad_arguments_are_named(self, density, method, says):
        with pytest.raises(ValueError, match=says):
            explorers.learn_drawing(density, method)

    @pytest.mark.slow
    def test_a_diary_keeps_what_a_loop_shows_it(self):
        ring = explorers.DrawingPad("ring")
        x, rng = ring.points(500), generator(1)
        diary = explorers.Diary(ring.density(), x, "mine")
        start, loss = ebm.EnergyNet(hidden=(8,), generator=rng), ebm.NoiseContrastive(ebm.GaussianNoise.fit(x))
        energy = ebm.fit(start, x, loss, 50, rng, diary, every=20)
        assert diary.steps == [0, 20, 40, 50]
        assert diary.kl == ebm.kl(ring.density(), energy, max_edge_mass=None)
        assert diary.distances[-1] == pytest.approx(diary.kl, abs=1e-3)
        assert diary.distances[0] > diary.distances[-1]
        assert f"{diary.kl:.3f} nats" in diary.figure()._suptitle.get_text()
        assert Image.open(io.BytesIO(diary.film().data)).n_frames == 5, "four and the still one"
        with pytest.raises(ValueError, match="in the plane"):
            explorers.Diary(data.mixture_1d(), x)

    @pytest.mark.slow
    @pytest.mark.parametrize("strokes", ["", HEART])
    def test_a_drawing_is_learned_to_less_than_a_tenth_of_a_nat(self, strokes):
        pad = explorers.DrawingPad("spiral").set(strokes=strokes)
        assert explorers.learn_drawing(pad.density()).kl < 0.08

    @pytest.mark.slow
    def test_contrastive_divergence_does_not_see_how_much_each_of_eight_dots_weighs(self):
        density = explorers.DrawingPad("eight dots").density()
        assert explorers.learn_drawing(density).kl < 0.1
        assert explorers.learn_drawing(density, "CD-10").kl > 0.5


def test_training_settings_are_known_by_name():
    assert set(learned_drawing.N_STEPS) == {"NCE", "CD-10"}
