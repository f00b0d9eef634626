"""Movies: what is painted where, what comes out of the file again, and what is left when something goes wrong."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from course_utils import movie
from course_utils.lattice import XY, Clock, Ising, Potts, colours, exact
from course_utils.movie import scene as scenes

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.filterwarnings("ignore:os.fork")  # by the tests' own subprocesses
posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in for ffmpeg is a script")


@pytest.fixture
def no_sampling(monkeypatch: pytest.MonkeyPatch) -> None:
    """`film` gets random spins in place of sampled ones, three at a time."""

    def lattices(scene: movie.Scene, seed: int, bar: object, sharding: object) -> Iterator[np.ndarray]:
        rng = np.random.default_rng(seed)
        for start in range(0, scene.n_frames, 3):
            n = min(3, scene.n_frames - start)
            yield rng.choice(np.array([-1, 1], np.int8), (n, *scene.model.shape))

    monkeypatch.setattr(scenes, "lattices", lattices)


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Puts a Python script in the place of ffmpeg: it lists encoders, and otherwise does as it is told."""

    def put(body: str, encoders: str = "libx264") -> None:
        script = tmp_path / "tools" / "ffmpeg"
        script.parent.mkdir()
        script.write_text(
            f"#!{sys.executable}\nimport sys, os\nsys.argv[-1] = sys.argv[-1].removeprefix('file:')\n"
            f"names = '{encoders}'.split()\n"
            "if '-encoders' in sys.argv:\n    [print(' V....D', name) for name in names]\n    sys.exit()\n"
            f"{body}\n"
        )
        script.chmod(0o755)
        monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(script))

    return put


def noise(n: int, size: int = 16) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (size, size, 3), dtype=np.uint8) for _ in range(n)]


def record(
    path: Path, pictures: list[np.ndarray], error: type[BaseException] | None = None, **options
) -> movie.Recorder:
    """A movie of these pictures, with an error at its end if wanted."""
    with movie.Recorder(path, **options) as recorder:
        for picture in pictures:
            recorder.write(picture)
        if error:
            raise error
    return recorder


def decoded(path: Path) -> tuple[dict, np.ndarray]:
    """What ffmpeg finds in a movie: its description, and all frames."""
    import imageio_ffmpeg

    frames = imageio_ffmpeg.read_frames(str(path))
    about = next(frames)
    width, height = about["size"]
    return about, np.array([np.frombuffer(one, np.uint8).reshape(height, width, 3) for one in frames])


def metadata(path: Path) -> str:
    said = subprocess.run([movie.ffmpeg(), "-hide_banner", "-i", str(path)], capture_output=True, text=True)
    return said.stderr


# ------------------------------------------------------------------------------------------------- painting


def test_ising_spins_have_two_colours_and_row_0_is_at_the_bottom():
    spins = -np.ones((4, 4), np.int8)
    spins[0, 1] = 1
    picture = movie.Painter(Ising(4))(spins)
    assert picture.shape == (4, 4, 4)
    assert np.argwhere((picture[..., :3] == colours.ISING[1]).all(axis=2)).tolist() == [[3, 1]]
    assert (picture[0, :, :3] == colours.ISING[0]).all()


def test_states_go_through_their_table():
    states = np.arange(16, dtype=np.uint8).reshape(4, 4)
    assert np.array_equal(movie.Painter(Clock(4, 16))(states)[::-1, :, :3].reshape(16, 3), colours.angles(16))
    states = states % 5
    assert np.array_equal(movie.Painter(Potts(4, 5))(states)[::-1, :, :3], colours.states(5)[states])


def test_angles_take_the_nearest_of_the_hues_all_round_the_turn():
    turn = 2 * np.pi
    angles = np.array([[0.0, turn - 1e-6], [turn / 4, -turn / 4]], np.float32)
    picture = movie.Painter(XY(2))(angles)[::-1, :, :3]
    table = colours.angles()
    assert np.array_equal(picture, table[[[0, 0], [64, 190]]])  # 63.5 and 190.5 of 254


def vortex_pair(size: int) -> np.ndarray:
    i, j = np.indices((size, size))
    angles = np.arctan2(i - 4.5, j - 3.5) - np.arctan2(i - 4.5, j - 11.5)
    return np.where((i == 0) | (j == 0), 0.0, angles).astype(np.float32)  # a frame closes the torus


def test_vortices_are_white_and_antivortices_black_where_they_are():
    painter = movie.Painter(XY(16), scale=16, vortices=True)
    picture = painter(vortex_pair(16))[..., :3]
    assert picture.shape == (256, 256, 3)
    plain = movie.Painter(XY(16))(vortex_pair(16))[..., :3].repeat(16, axis=0).repeat(16, axis=1)
    row = 255 - 5 * 16  # centre of plaquettes [4, .]: five spins from the bottom
    assert (picture[row - 2 : row + 3, 4 * 16 - 2 : 4 * 16 + 3] == 255).all()
    assert (picture[row - 2 : row + 3, 12 * 16 - 2 : 12 * 16 + 3] == 0).all()
    changed = (picture != plain).any(axis=2)
    assert changed[row - 8 : row + 9].sum() > 2 * np.pi * 6**2 * 0.9
    far = np.ones((256, 256), bool)
    far[row - 9 : row + 10] = False
    # the frame that closes the torus may hold vortices of its own, at the edge alone
    assert not (changed & far)[20:-20, 20:-20].any()


def test_clock_vortices_are_found_in_the_states():
    states = np.round(vortex_pair(16) / (2 * np.pi) * 16).astype(int) % 16
    picture = movie.Painter(Clock(16, 16), scale=16, vortices=True)(states.astype(np.uint8))[..., :3]
    assert (picture[255 - 80, 64] == 255).all()
    assert (picture[255 - 80, 192] == 0).all()


@pytest.mark.parametrize(
    ("angle", "tip"), [(0.0, "right"), (np.pi / 2, "top"), (np.pi, "left"), (-np.pi / 2, "bottom")]
)
def test_arrows_point_where_the_spins_do(angle, tip):
    painter = movie.Painter(XY(4), scale=32, arrows=True)
    picture = painter(np.full((4, 4), angle, np.float32))
    ink = (picture[:32, :32, :3] == 0).all(axis=2)  # one cell; the head is wider than the shaft
    halves = {"right": ink[:, 16:], "left": ink[:, :16], "top": ink[:16], "bottom": ink[16:]}
    assert max(halves, key=lambda side: halves[side].sum()) == tip
    assert 60 < ink.sum() < 300
    assert np.array_equal(picture[:32, :32], picture[96:, 96:])


def test_an_arrow_is_the_mean_of_its_cell_and_shrinks_where_spins_disagree():
    painter = movie.Painter(XY(16), scale=4, arrows=True)  # cells of 8 x 8 spins: 2 x 2 arrows
    angles = np.zeros((16, 16), np.float32)
    angles[:8, :8] = np.linspace(0, 2 * np.pi, 64, endpoint=False).reshape(8, 8)  # mean zero: no arrow
    ink = (painter(angles)[..., :3] == 0).all(axis=2)
    assert ink[32:, :32].sum() == 0
    assert min(ink[32:, 32:].sum(), ink[:32, :32].sum(), ink[:32, 32:].sum()) > 60


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"model": Ising(8), "scale": 0}, "scale = 0"),
        ({"model": Ising(8), "vortices": True}, "those of Ising have none"),
        ({"model": Potts(8, 3), "arrows": True}, "those of Potts, q = 3 have none"),
    ],
)
def test_a_painter_refuses_what_makes_no_sense(arguments, words):
    with pytest.raises(ValueError, match=words):
        movie.Painter(**arguments)


def test_a_painter_refuses_another_lattice():
    with pytest.raises(ValueError, match=r"\(8, 8\)"):
        movie.Painter(Ising(8))(np.ones((4, 4), np.int8))


# ------------------------------------------------------------------------------------------------- recording


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_what_was_written_comes_out_of_the_file_again(tmp_path, codec):
    path = tmp_path / "a movie.mp4"
    table = colours.angles(16)
    states = [np.add.outer(np.arange(16), np.arange(16) + t) % 16 for t in range(12)]
    options = {"fps": 25, "codec": codec, "quality": 5, "scale": 8, "title": "sixteen: of them"}
    recorder = record(path, [table[one] for one in states], **options)
    assert recorder.n_frames == 12
    about, frames = decoded(path)
    assert about["size"] == (128, 128)
    assert about["fps"] == 25
    assert about["codec"].startswith({"h264": "h264", "h265": "hevc"}[codec])
    assert frames.shape == (12, 128, 128, 3)
    centres = frames[:, 4::8, 4::8].astype(int)
    assert np.abs(centres - table[np.array(states)]).max() < 30
    assert np.abs(centres - table[np.array(states)]).mean() < 4
    said = metadata(path)
    assert "sixteen: of them" in said
    assert "yuv420p(tv, bt709" in said
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file names with a colon")
@pytest.mark.parametrize("name", ["a:b.mp4", "http:x.mp4", "100%d.mp4", "file:x.mkv"])
def test_a_name_with_a_colon_is_a_name(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record(Path(name), noise(3))
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert len(decoded(tmp_path / name)[1]) == 3


def test_a_coarser_quality_makes_a_smaller_file(tmp_path):
    sizes = []
    for quality in (10, 40):
        record(tmp_path / f"{quality}.mp4", noise(10, 64), quality=quality)
        sizes.append((tmp_path / f"{quality}.mp4").stat().st_size)
    assert sizes[0] > 3 * sizes[1]


def test_the_name_appears_when_the_movie_is_whole_and_an_old_file_stays_until_then(tmp_path):
    path = tmp_path / "x.mp4"
    path.write_text("an older movie")
    with movie.Recorder(path) as recorder:
        for picture in noise(30):
            recorder.write(picture)
        assert path.read_text() == "an older movie"
        assert len(list(tmp_path.iterdir())) <= 2
    assert decoded(path)[1].shape == (30, 16, 16, 3)
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def started(monkeypatch):
    """The processes that are started from here on."""
    processes, popen = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kw: processes.append(popen(*args, **kw)) or processes[-1])
    return processes


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_between_leaves_nothing_and_no_process(tmp_path, error, started):
    movie.encoders(movie.ffmpeg())
    started.clear()
    with pytest.raises(error):
        record(tmp_path / "x.mp4", noise(20), error)
    assert list(tmp_path.iterdir()) == []
    assert [process.poll() is not None for process in started] == [True]


@posix
def test_an_ffmpeg_that_hangs_is_ended(tmp_path, stand_in, started):
    stand_in("import time\ntime.sleep(60)")
    with pytest.raises(KeyboardInterrupt):
        record(tmp_path / "x.mp4", noise(1), KeyboardInterrupt)
    assert started[-1].poll() in (-signal.SIGTERM, -signal.SIGKILL)


@pytest.mark.parametrize(("cores", "threads"), [(2, "3"), (64, "8"), (None, "2")])
def test_the_encoder_has_few_threads_however_many_cores_there_are(tmp_path, cores, threads, started, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    record(tmp_path / "x.mp4", noise(2))
    command = started[-1].args
    assert command[command.index("-threads") + 1] == threads


@posix
def test_a_full_disk_is_told_in_words_and_leaves_nothing(tmp_path, stand_in):
    stand_in(
        "open(sys.argv[-1], 'wb').write(b'half a movie')\n"
        "sys.stdin.buffer.read(2000)\n"
        "sys.exit(228)"  # 256 - ENOSPC; with nothing said, for where is there room to say it
    )
    (tmp_path / "out").mkdir()
    with pytest.raises(movie.MovieError, match=r"The disk is full.*x\.mp4.*after \d+ frames.*Nothing was left"):
        record(tmp_path / "out" / "x.mp4", noise(400))
    assert list((tmp_path / "out").iterdir()) == []


@posix
def test_a_disk_that_is_full_at_the_very_end_is_noticed_too(tmp_path, stand_in):
    stand_in(
        "open(sys.argv[-1], 'wb').write(b'half a movie')\nsys.stdin.buffer.read()\n"
        "sys.stderr.write('Error writing trailer: No space left on device')\nsys.exit(1)"
    )
    (tmp_path / "out").mkdir()
    with pytest.raises(movie.MovieError, match="The disk is full"):
        record(tmp_path / "out" / "x.mp4", noise(1))
    assert list((tmp_path / "out").iterdir()) == []


@posix
def test_anything_else_that_ffmpeg_dies_of_is_quoted(tmp_path, stand_in):
    stand_in("sys.stderr.write('Killed by the moon')\nsys.exit(3)")
    with pytest.raises(movie.MovieError, match=r"stopped with code 3 after \d+ frames: Killed by the moon"):
        record(tmp_path / "x.mp4", noise(400))


@posix
def test_a_codec_that_is_not_there_is_named_before_anything_starts(tmp_path, stand_in):
    stand_in("sys.exit(1)", encoders="libx264 mpeg4")
    with pytest.raises(movie.MovieError, match=r"cannot encode h265.*libx265.*It has h264"):
        movie.Recorder(tmp_path / "x.mp4", codec="h265")


def test_missing_ffmpeg_is_told_with_the_package_that_brings_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(movie.MovieError, match="pip install imageio-ffmpeg"):
        movie.Recorder(tmp_path / "x.mp4")


def test_an_ffmpeg_that_does_not_run_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "nowhere"))
    with pytest.raises(movie.MovieError, match="nowhere does not run"):
        movie.Recorder(tmp_path / "x.mp4")


def test_a_movie_without_a_picture_is_none(tmp_path):
    with pytest.raises(movie.MovieError, match="at least one picture"), movie.Recorder(tmp_path / "x.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"path": "x.gif"}, r"\.mp4, \.mov or \.mkv"),
        ({"codec": "av1"}, "codec = 'av1'"),
        ({"fps": 0}, "fps = 0"),
        ({"fps": float("nan")}, "fps = nan"),
        ({"quality": 52}, "quality = 52"),
        ({"scale": 0}, "scale = 0"),
        ({"scale": 1.5}, "scale = 1.5"),
    ],
)
def test_a_recorder_refuses_bad_arguments(tmp_path, arguments, words):
    with pytest.raises(ValueError, match=words):
        movie.Recorder(**{"path": tmp_path / "x.mp4"} | arguments)


def test_a_recorder_refuses_folders_that_are_none_and_files_that_are_folders(tmp_path):
    with pytest.raises(movie.MovieError, match="there is no folder"):
        movie.Recorder(tmp_path / "none" / "x.mp4")
    (tmp_path / "x.mp4").mkdir()
    with pytest.raises(movie.MovieError, match="is a folder"):
        movie.Recorder(tmp_path / "x.mp4")


def test_a_recorder_refuses_pictures_of_odd_or_changing_shape(tmp_path):
    right, flat = np.zeros((16, 16, 3), np.uint8), np.zeros((8, 16, 3), np.uint8)
    with pytest.raises(ValueError, match="even"):
        record(tmp_path / "x.mp4", [right[1:]])
    with pytest.raises(ValueError, match=r"expected \(16, 16, 3\)"):
        record(tmp_path / "x.mp4", [right, flat])
    with pytest.raises(ValueError, match="float64"):
        record(tmp_path / "x.mp4", [right / 1.0])
    assert list(tmp_path.iterdir()) == []


# ---------------------------------------------------------------------------------------------- the program


def test_the_command_line_of_the_readme_is_an_equilibrium_of_sixteen_directions():
    scene, options = movie.read(
        ["xy", "--size", "256", "--states", "16", "--beta", "1.2", "--frames", "1200", "--fps", "60", "--out", "xy.mp4"]
    )
    assert (type(scene.model), scene.model.q, scene.model.shape, scene.n_frames) == (Clock, 16, (256, 256), 1200)
    assert (scene.what, scene.start) == ("equilibrium", "aligned")
    assert 256**2 / 8 <= scene.n_burn_in < 256**2 / 8 + 10 * scene.chunk
    assert (options.fps, options.codec, options.quality, options.out) == (60, "h264", None, "xy.mp4")
    assert scene.title == (
        f"XY model, 16 directions, 256 x 256: equilibrium at beta = 1.2, {scene.n_burn_in} sweeps after aligned spins, "
        "1 sweep a frame"
    )


def test_a_quench_and_annealing_say_that_they_are_no_equilibrium():
    quench, _ = movie.read(["ising", "--quench", "--beta", "0.6", "--size", "64", "--sweeps", "2"])
    assert (quench.what, quench.start, quench.n_burn_in) == ("quench", "random", 0)
    assert "a quench, not equilibrium: random spins put at beta = 0.6 at once, 2 sweeps a frame" in quench.title
    for model, beta_c in (("ising", exact.BETA_C), ("potts", exact.potts_beta_c(5))):
        below_T_c, _ = movie.read([model, "--quench"])
        assert below_T_c.beta == 1.5 * beta_c, "at the critical temperature no domain grows without end"
    assert movie.read(["xy", "--quench"])[0].beta == 1.2
    anneal, _ = movie.read(["potts", "--anneal", "0.8", "--beta", "1.4", "--frames", "100"])
    assert (anneal.what, anneal.start, anneal.model.q) == ("annealing", "random", 5)
    assert "annealing, not equilibrium: beta from 0.8 to 1.4 in 100 sweeps" in anneal.title
    bare, _ = movie.read(["xy", "--burn-in", "0"])
    assert "a quench, not equilibrium: aligned spins" in bare.title


def test_cold_lattices_start_aligned_and_hot_ones_at_random():
    for arguments, start in (
        ("ising --beta 0.45", "aligned"), ("ising --beta 0.43", "random"), ("ising", "aligned"),
        ("potts --states 10 --beta 1.43", "aligned"), ("potts --states 10 --beta 1.42", "random"),
        ("xy --beta 1.13", "aligned"), ("xy --beta 1.11", "random"), ("ising --beta 0.3 --anneal 0.6", "aligned"),
    ):  # fmt: skip
        assert movie.read(arguments.split())[0].start == start, arguments
    assert movie.read(["ising"])[0].beta == exact.BETA_C
    assert movie.read(["potts"])[0].beta == exact.potts_beta_c(5)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("heisenberg", "invalid choice"),
        ("ising --states 3", "two states"),
        ("ising --vortices", "take xy"),
        ("potts --arrows", "take xy"),
        ("xy --quench --burn-in 10", "--burn-in"),
        ("xy --quench --anneal 1", "not allowed"),
        ("xy --frames 0", "--frames 0"),
        ("xy --beta -1", "--beta -1"),
        ("xy --beta nan", "--beta nan"),
        ("potts --states 1", "--states 1"),
        ("potts --states 100", "q = 100"),
        ("ising --size 7", "size = 7: expected even sides"),
        ("xy --codec gif", "invalid choice"),
    ],
)
def test_a_command_line_that_makes_no_sense_is_refused(arguments, words, capsys):
    with pytest.raises(SystemExit) as end:
        movie.read(arguments.split())
    assert end.value.code == 2
    assert words in capsys.readouterr().err


def test_memory_does_not_grow_with_the_number_of_frames():
    for size in (8, 256, 1024, 4096):
        scene = movie.Scene(XY(size), 1.0, 10**6, 1, 0, "aligned")
        assert scene.chunk * size**2 <= max(movie.CHUNK, size**2)


def test_frames_are_written_as_they_come(tmp_path, no_sampling, monkeypatch, capsys):
    seen = []
    write = movie.Recorder.write
    monkeypatch.setattr(
        movie.Recorder, "write", lambda self, picture: (seen.append(picture.shape), write(self, picture))
    )
    scene = movie.Scene(Ising(8), 0.4, 8, 1, 0, "random")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # JAX is there, and warns of forks
        energy = movie.film(scene, tmp_path / "x.mp4", scale=4)
    assert seen == [(8, 8, 4)] * 8
    assert energy.shape == (8,)
    assert decoded(tmp_path / "x.mp4")[1].shape == (8, 32, 32, 3)
    captured = capsys.readouterr()
    assert "8/8" in captured.out
    assert captured.err == ""


def test_the_picture_is_enlarged_to_1024_pixels_unless_told(tmp_path, no_sampling):
    scene = movie.Scene(Ising(48), 0.4, 1, 1, 0, "random")
    movie.film(scene, tmp_path / "x.mp4")
    assert decoded(tmp_path / "x.mp4")[0]["size"] == (48 * 21, 48 * 21)


def test_an_energy_that_drifts_is_told():
    scene = movie.Scene(Clock(64, 16), 1.2, 800, 1, 10_000, "aligned")
    rng = np.random.default_rng(1)
    flat = -1.5 + rng.normal(0, 0.01, 800)
    assert "drifts" not in movie.evidence(scene, flat)
    assert "still drifts" in movie.evidence(scene, flat + np.linspace(0, 0.02, 800))
    assert "-1.50" in movie.evidence(scene, flat)
    short = movie.Scene(Clock(1024, 16), 1.2, 800, 1, 10_000, "aligned")
    assert "--burn-in of about 131072" in movie.evidence(short, flat)
    quench = movie.Scene(Clock(64, 16), 1.2, 800, 1, 0, "random")
    assert "drifts" not in movie.evidence(quench, flat + np.linspace(0, 1, 800))
    assert movie.evidence(scene, flat[:1])


@pytest.mark.slow
@pytest.mark.colab
def test_a_movie_from_sampling_to_file(tmp_path, capsys, monkeypatch):
    pytest.importorskip("thrml")
    monkeypatch.chdir(tmp_path)
    arguments = "xy --size 16 --states 16 --beta 1.2 --frames 40 --fps 30 --vortices --arrows --burn-in 100 --scale 16"
    assert movie.main([*arguments.split(), "--out", "xy.mp4"]) == 0
    about, frames = decoded(tmp_path / "xy.mp4")
    assert frames.shape == (40, 256, 256, 3)
    assert about["fps"] == 30
    out = capsys.readouterr().out
    assert "equilibrium at beta = 1.2, 320 sweeps after aligned spins" in out
    energy = float(out.split("Energy per spin: ")[1].split()[0])
    assert -1.75 < energy < -1.3  # -1.50 on a large lattice
    assert "xy.mp4: " in out
    assert "equilibrium" in metadata(tmp_path / "xy.mp4")


def test_annealing_ends_colder_than_it_began():
    pytest.importorskip("thrml")
    scene = movie.Scene(Ising(32), 0.8, 40, 1, 0, "random", anneal_from=0.05)

    class Bar:
        def update(self, n): ...
        def set_postfix_str(self, text): ...

    spins = np.concatenate(list(movie.lattices(scene, 0, Bar())))
    assert spins.shape == (40, 32, 32)
    energy = -np.mean(spins * (np.roll(spins, 1, 1) + np.roll(spins, 1, 2)), axis=(1, 2))
    assert energy[0] > -0.4
    assert energy[-1] < -1.5


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_program_that_is_stopped_leaves_nothing(tmp_path, number):
    """Synthetic frames for ever, as `main` runs them: the signal comes while ffmpeg is at work."""
    program = (
        "import numpy as np, sys\nfrom course_utils import movie\nfrom course_utils.movie import scene\n"
        "spins = np.ones((1, 8, 8), np.int8)\n"
        "def lattices(scene, seed, bar, sharding):\n    while True:\n        yield spins\n"
        "scene.lattices = lattices\n"
        "sys.exit(movie.main(['ising', '--size', '8', '--frames', '1000000', '--out', sys.argv[1]]))"
    )
    target = tmp_path / "x.mp4"
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(target)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 300
    while not list(tmp_path.iterdir()) and time.monotonic() < end and process.poll() is None:
        time.sleep(0.05)
    assert list(tmp_path.iterdir()), process.communicate(timeout=10)
    assert not target.exists()
    process.send_signal(number)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 130, err
    assert "Stopped; no movie was written." in out
    assert list(tmp_path.iterdir()) == []


@posix
def test_a_stop_that_is_lost_in_a_callback_counts_at_the_next_frame(tmp_path, monkeypatch, capsys):
    def lattices(scene, seed, bar, sharding):
        yield np.ones((1, 8, 8), np.int8)
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        for _ in range(20):
            yield np.ones((1, 8, 8), np.int8)

    monkeypatch.setattr(scenes, "lattices", lattices)
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert movie.main(["ising", "--size", "8", "--frames", "1000000", "--out", str(tmp_path / "x.mp4")]) == 130
    assert "Stopped; no movie was written." in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@posix
def test_errors_reach_the_user_as_one_line_and_exit_code_1(tmp_path, no_sampling, capsys):
    assert movie.main(["ising", "--size", "8", "--frames", "2", "--out", str(tmp_path / "none" / "x.mp4")]) == 1
    err = capsys.readouterr().err
    assert err.startswith("No movie: there is no folder")
    assert len(err.splitlines()) == 1


def test_asking_for_help_loads_no_jax():
    code = (
        "import sys\nfrom course_utils import movie\n"
        "try:\n    movie.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "sys.exit(any(m in sys.modules for m in ('jax', 'torch', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL).returncode == 0


@pytest.mark.slow
@posix
def test_a_large_movie_stays_small_in_memory_and_on_disk(tmp_path):
    """A tenth of the 1200 frames: 256 x 256 sixteen-state spins on 1024 x 1024 pixels."""
    psutil = pytest.importorskip("psutil")
    pytest.importorskip("thrml")
    target = tmp_path / "xy.mp4"
    command = [
        sys.executable,
        "-m",
        "course_utils.movie",
        *["xy", "--states", "16", "--frames", "120", "--burn-in", "320"],
    ]
    process = psutil.Popen([*command, "--out", str(target)], cwd=ROOT, stdout=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:  # a child that is no ffmpeg yet shares its parent's pages: counted, they would count twice
            encoders = [p for p in process.children(recursive=True) if "ffmpeg" in p.name()]
            peak = max(peak, sum(p.memory_info().rss for p in [process, *encoders]))
        except psutil.Error:
            continue
        time.sleep(0.02)
    assert process.returncode == 0
    assert 200e6 < peak < 700e6
    assert decoded(target)[0]["size"] == (1024, 1024)
    assert target.stat().st_size * 10 < 150e6
