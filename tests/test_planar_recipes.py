"""The recipes for points in one and two dimensions, run for a few steps each; and the benchmark that uses them."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from course_utils import data

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))

import ebm_2d
from planar_recipes import PLANAR

MOONS = data.two_moons()
X = MOONS.sample(300, torch.Generator().manual_seed(0))


@pytest.mark.parametrize("method", PLANAR)
@pytest.mark.parametrize("set_", [MOONS, data.mixture_1d()], ids=lambda d: d.name)
def test_a_recipe_trains_on_a_line_and_in_the_plane(method: str, set_: data.Density) -> None:
    x = set_.sample(200, torch.Generator().manual_seed(0))
    small = replace(PLANAR[method], hidden=(8,), n_cells=20, capacity=200)
    training = small.train(x, set_.domain, seed=1, n_steps=4, measures={"first": lambda net: float(net(x[:1]))})
    assert training.step == 4
    assert training.history["loss"].isfinite().all()
    assert training.history["first"][0] != training.history["first"][-1]
    again = small.train(x, set_.domain, seed=1, n_steps=4)
    assert torch.equal(again.energy(x), training.energy(x))
    assert not torch.equal(small.train(x, set_.domain, seed=2, n_steps=4).energy(x), training.energy(x))


def test_a_recipe_passes_its_settings_on() -> None:
    changed = replace(PLANAR["cd"], k=3, step_size=0.7, sampler="ula", alpha=0.5)
    objective = changed.objective(X, MOONS.domain)
    assert (objective.k, objective.step_size, objective.sampler, objective.alpha) == (3, 0.7, "ula", 0.5)
    assert objective.buffer is None
    kept = replace(PLANAR["pcd"], capacity=77, reinit=0.3).objective(X, MOONS.domain).buffer
    assert (kept.capacity, kept.reinit) == (77, 0.3)
    assert PLANAR["dsm"].objective(X, MOONS.domain).sigma == 0.1
    noise = replace(PLANAR["nce"], ratio=4, widen=2.0).objective(X, MOONS.domain)
    assert noise.ratio == 4
    assert torch.allclose(noise.noise.root @ noise.noise.root.T, 4 * torch.cov(X.T), rtol=1e-3)
    with pytest.raises(ValueError, match=r"method = 'flow': expected one of exact, nce"):
        replace(PLANAR["cd"], method="flow").objective(X, MOONS.domain)


def test_chains_start_at_noise_or_at_data() -> None:
    g = torch.Generator().manual_seed(3)
    noise = replace(PLANAR["pcd"], fresh_std=3.0).objective(X, MOONS.domain).buffer.fresh(20_000, g)
    assert float(noise.std()) == pytest.approx(3.0, rel=0.02)
    at_data = replace(PLANAR["pcd"], fresh_std=None).objective(X, MOONS.domain).buffer.fresh(50, g)
    assert at_data.shape == (50, 2)
    assert (at_data[:, None] == X).all(-1).any(-1).all()


def test_the_benchmark_prints_a_row_for_each_method(capsys: pytest.CaptureFixture[str]) -> None:
    changes = "n_steps=3:hidden=(8,):n_cells=20"
    ebm_2d.main(
        ["--seeds", "2", "--points", "100", "--without-torchebm", "--methods", f"exact:{changes}", f"cd:{changes}"]
    )
    out = capsys.readouterr().out
    assert "| exact:n_steps=3" in out
    assert "course_utils (ceiling)" in out
    assert "seeds 100 to 101" in out
    assert len([line for line in out.splitlines() if line.startswith("|")]) == 4
    for wrong in ("flow", "cd:speed=3"):
        with pytest.raises(SystemExit):
            ebm_2d.main(["--methods", wrong])
        assert wrong.split(":")[-1].split("=")[0] in capsys.readouterr().err
