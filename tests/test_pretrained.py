"""The trained networks that come with the course, and the command that makes them."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

from course_utils import data, ebm
from course_utils.ebm import image_recipes, make_checkpoints, pretrained

ENERGIES = [name for name in ebm.CHECKPOINTS if not name.endswith("classifier")]
LOAD = {"mnist14": data.mnist14}
FOLDER = Path(pretrained.__file__).with_name("checkpoints")


facts = ebm.facts


def test_every_checkpoint_is_there_and_all_are_small() -> None:
    assert {path.stem for path in FOLDER.glob("*.pt")} == set(ebm.CHECKPOINTS)
    sizes = [path.stat().st_size for path in FOLDER.glob("*.pt")]
    assert max(sizes) < 210_000
    assert sum(sizes) < 660_000


@pytest.mark.parametrize("name", ENERGIES)
def test_an_energy_is_ready_to_use_and_was_made_with_todays_recipe(name: str) -> None:
    energy = ebm.load(name)
    assert not energy.training
    assert not any(p.requires_grad for p in energy.parameters())
    assert facts(name)["recipe"] == asdict(ebm.MNIST14 if name == "mnist14" else ebm.DIGITS)


@pytest.mark.parametrize("name", ENERGIES)
def test_an_energy_tells_digits_from_noise(name: str) -> None:
    test, energy = LOAD.get(name, data.digits)("test").images, ebm.load(name)
    outsiders = ebm.out_of_distribution(test, torch.Generator().manual_seed(0))
    for other in ("uniform", "gaussian", "shuffled"):
        assert ebm.auroc(energy(test), energy(outsiders[other].images)) > 0.99
    assert facts(name)["effective classes"] > (8 if name == "mnist14" else 9)


def test_the_labelled_energies_classify_and_say_so_in_their_facts() -> None:
    train, test = data.digits("train"), data.digits("test")
    for name, right, least in (
        ("digits_labels", test.labels, 0.93),
        ("digits_bold", data.is_bold(test, train), 0.8),
        ("digits_classifier", test.labels, 0.95),
    ):
        net = ebm.load(name)
        guess = (net(test.images) if name == "digits_classifier" else net.logits(test.images)).argmax(1)
        accuracy = (guess == right).double().mean().item()
        assert accuracy > least, name
        assert accuracy == pytest.approx(facts(name)["accuracy"], abs=0.005)


def test_the_classifier_of_mnist14_reads_test_pictures() -> None:
    test, net = data.mnist14("test"), ebm.load("mnist14_classifier")
    accuracy = (net(test.images).argmax(1) == test.labels).double().mean().item()
    assert accuracy > 0.95
    assert accuracy == pytest.approx(facts("mnist14_classifier")["accuracy"], abs=0.005)


def test_a_network_comes_back_as_it_was_saved_in_half_precision(tmp_path: Path) -> None:
    net = ebm.ImageEnergy(width=4, n_classes=3, base=2.0, generator=torch.Generator().manual_seed(1)).eval()
    net.load_state_dict({key: value.half().float() for key, value in net.state_dict().items()})
    x = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(2))
    ebm.save(net, tmp_path / "mine.pt", {"seed": 1})
    back = ebm.load("mine", tmp_path)
    assert torch.equal(back.logits(x), net.logits(x))
    assert back.options == net.options
    assert facts("mine", tmp_path) == {"seed": 1}


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="digits_labels"):
        ebm.load("digit")


def test_the_command_trains_judges_and_writes_and_goes_on_after_an_interrupt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    tiny = replace(ebm.DIGITS, width=4, n_blocks=1, k=1, capacity=32, batch_size=16, n_steps=8)
    monkeypatch.setattr(image_recipes, "DIGITS", tiny)
    monkeypatch.setattr(make_checkpoints, "_CHAIN_STEPS", 3)
    folder, work = tmp_path / "made", tmp_path / "work"
    folder.mkdir()
    (folder / "digits_classifier.pt").write_bytes((FOLDER / "digits_classifier.pt").read_bytes())
    command = ["digits_bold", "--folder", str(folder), "--work", str(work)]
    plain_train = image_recipes.train

    def interrupted_train(*arguments: object, **options: object) -> ebm.Training:
        def stop(energy: torch.nn.Module) -> float:
            raise KeyboardInterrupt

        return plain_train(*arguments, **options | {"measures": {"stop": stop}})

    monkeypatch.setattr(image_recipes, "train", interrupted_train)
    make_checkpoints.main(command)
    assert "goes on from there" in capsys.readouterr().out
    assert not (folder / "digits_bold.pt").exists()
    monkeypatch.setattr(image_recipes, "train", plain_train)
    (work / "digits_bold.pt").unlink()  # that one had another measure
    make_checkpoints.main(command)
    assert "digits_bold: effective classes" in capsys.readouterr().out
    assert facts("digits_bold", folder)["recipe"]["width"] == 4
    assert ebm.load("digits_bold", folder).n_classes == 2
    with pytest.raises(SystemExit):
        make_checkpoints.main(["digit"])
