"""Movies of spin lattices: sampled and encoded as a stream, in constant memory.

    python -m course_utils.movie xy --size 256 --states 16 --beta 1.2 --frames 1200 --fps 60 --out xy.mp4
    python -m course_utils.movie xy --beta 1.1 --vortices --out pairs.mp4              # continuous angles
    python -m course_utils.movie ising --quench --beta 0.6 --out coarsening.mp4
    python -m course_utils.movie potts --states 5 --anneal 0.8 --beta 1.4 --out cooling.mp4

Every movie says what it shows, on the screen while it is made and in the title that players display: *equilibrium*,
frames drawn after a warm-up; a *quench* from random spins; or *annealing*, with the temperature falling all along.

Frames go through a table of colours and a pipe into the ffmpeg that comes with imageio-ffmpeg; no figure is drawn. The
file grows under another name, and gets its own when it is whole. In a lesson:

    with movie.Recorder("quench.mp4", fps=30, scale=4) as recorder:
        for spins in lattices:                                       # (L, L) each
            recorder.write(paint(spins))                             # paint = movie.Painter("ising", size=L)
"""

import argparse
import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from .lattice import exact
from .lattice.observables import winding_numbers

__all__ = [
    "CODECS",
    "ISING_COLOURS",
    "MovieError",
    "Painter",
    "Recorder",
    "Scene",
    "angle_colours",
    "ffmpeg",
    "film",
    "main",
    "state_colours",
]


@dataclass(frozen=True)
class Codec:
    """How ffmpeg is told to encode.

    Attributes:
        encoder: ffmpeg's name for it.
        quality: default constant rate factor.
        options: further options of the encoder.
    """

    encoder: str
    quality: int
    options: tuple[str, ...]


CODECS = {
    # The direction of a spin is in its hue, so colour is kept finer than brightness: the colours of a 256 x 256 lattice
    # of 16 directions come back with an error of 7.6 of 255 in place of 9.7, for 110 MB in place of 92 per 1200 frames.
    "h264": Codec("libx264", 23, ("-preset", "veryfast", "-x264-params", "chroma-qp-offset=-4")),
    "h265": Codec("libx265", 28, ("-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=error")),
}
"""H.264 plays in every browser; H.265 makes smaller files in more time, and not every browser shows them."""

SIDE = 1024  # pixels that a movie's side comes close to unless a scale is given
ARROW_CELL = 32  # pixels: the least that an arrow is drawn in
N_HUES = 1024
N_DIRECTIONS = 64  # of drawn arrows
CHUNK = 1 << 20  # spins sampled at once: 4 MiB of angles
BURN_IN_PARTS = 10  # after each of which the progress bar moves
MOST_THREADS = 8  # of the encoder: each holds frames, and with 48 of them it would take 600 MB
MOST_BURN_IN = 10_000  # sweeps; a default, so that a large lattice does not wait for ever


class MovieError(RuntimeError):
    """No movie could be made; the text says why, in words for the person who asked for it."""


# ------------------------------------------------------------------------------------------------------ colours


def angle_colours(n: int = N_HUES) -> UInt8[np.ndarray, "n 3"]:
    """A cyclic table of colours for angles: even steps of hue, brightest at 0, darkest half a turn away.

    The change of lightness lets people who confuse some hues tell opposite directions apart.

    Args:
        n: number of colours, one turn in all.

    Returns:
        sRGB, one colour per row; row k is for the angle 2π k / n.

    Source: the colour space Oklab, Ottosson (2020), https://bottosson.github.io/posts/oklab/.
    """
    turn = 2 * np.pi * np.arange(n) / n
    lightness, chroma, hue = 0.70 + 0.10 * np.cos(turn), 0.112, turn + 1.4
    a, b = chroma * np.cos(hue), chroma * np.sin(hue)
    to_cone = np.array(
        [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.291485548]]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip((np.stack([lightness, a, b], axis=1) @ to_cone.T) ** 3 @ to_linear.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * srgb).astype(np.uint8)


def state_colours(n: int) -> UInt8[np.ndarray, "n 3"]:
    """Colours for n states without an order among them, such as those of the Potts model.

    Args:
        n: number of states, at least 2.

    Returns:
        sRGB, one colour per row: Okabe and Ito's (2008), made to be told apart with any colour vision, for up to seven
        states; even steps of hue beyond.
    """
    okabe = "0072B2 E69F00 009E73 CC79A7 56B4E9 D55E00 F0E442"
    if n > 7:
        return angle_colours(n)
    return np.array([list(bytes.fromhex(colour)) for colour in okabe.split()[:n]], dtype=np.uint8)


QUENCH_DEPTH = 1.5  # times the critical beta: below T_c, where domains grow, and not so cold that they are pinned
ISING_COLOURS = np.array([[0xF4, 0xEC, 0xDC], [0x1B, 0x3A, 0x57]], dtype=np.uint8)  # -1, +1


@dataclass
class Painter:
    """Pictures of lattices: spins through a table of colours, with arrows and vortices drawn over them if wanted.

    Row 0 of the lattice is at the bottom of the picture, so that angles turn anticlockwise from x to y.

    Attributes:
        kind: "ising" (spins -1 and +1), "potts" (colours), "clock" (indices) or "xy" (angles).
        size: L.
        states: q, for "potts" and "clock".
        scale: pixels along the side of a spin. Without overlays the picture has one pixel per spin, and the recorder
            enlarges it.
        vortices: mark vortices with a white disc, antivortices with a black one ("clock" and "xy").
        arrows: one arrow for the mean direction of each cell of at least 32 pixels; its length is that of the mean
            spin ("clock" and "xy").
        table: colours, sRGB, one row per state; for "xy" the rows divide the turn.
    """

    kind: str
    size: int
    states: int | None = None
    scale: int = 1
    vortices: bool = False
    arrows: bool = False
    table: UInt8[np.ndarray, "n 3"] = field(init=False)

    def __post_init__(self) -> None:
        kinds = ("ising", "potts", "clock", "xy")
        if self.kind not in kinds:
            raise ValueError(f"kind = {self.kind!r}: expected one of {', '.join(kinds)}")
        if (self.kind in ("potts", "clock")) != (self.states is not None):
            raise ValueError(
                f"states = {self.states}: expected a number for 'potts' and 'clock', and for no other kind"
            )
        if isinstance(self.scale, bool) or not isinstance(self.scale, int | np.integer) or self.scale < 1:
            raise ValueError(f"scale = {self.scale!r}: expected a whole number of pixels, at least 1")
        if (self.vortices or self.arrows) and self.kind not in ("clock", "xy"):
            raise ValueError(f"vortices and arrows need spins with a direction, 'clock' or 'xy'; got {self.kind!r}")
        tables = {
            "ising": lambda: ISING_COLOURS,
            "potts": lambda: state_colours(self.states),
            "clock": lambda: angle_colours(self.states),
            "xy": angle_colours,
        }
        self.table = tables[self.kind]()
        padded = np.zeros((len(self.table), 4), np.uint8)
        padded[:, :3] = self.table
        self._pixels = padded.view(np.uint32)[:, 0]  # a colour is one number, so that it is moved at once
        if self.arrows:
            self._block = next(
                (b for b in range(1, self.size + 1) if self.size % b == 0 and b * self.scale >= ARROW_CELL), self.size
            )
            self._sprites = arrow_sprites(self._block * self.scale)

    @property
    def enlarged(self) -> bool:
        """Whether pictures have `scale` pixels along the side of a spin already."""
        return self.vortices or self.arrows

    def __call__(self, spins: Shaped[np.ndarray, "L L"]) -> UInt8[np.ndarray, "height width 4"]:
        """The picture of one lattice.

        Args:
            spins: as the kind says.

        Returns:
            Red, green, blue and an unused byte of each pixel, the top row first.

        Raises:
            ValueError: if spins has another shape.
        """
        spins = np.asarray(spins)
        if spins.shape != (self.size, self.size):
            raise ValueError(f"spins has shape {spins.shape}: expected {(self.size, self.size)}")
        picture = self._pixels[self._index(spins)]
        if self.enlarged:
            large = np.empty((self.size, self.scale, self.size, self.scale), np.uint32)
            large[...] = picture[:, None, :, None]
            picture = large.reshape(self.size * self.scale, -1)
            if self.arrows:
                self._draw_arrows(picture, spins)
            if self.vortices:
                self._draw_vortices(picture, spins)
        return np.ascontiguousarray(picture[::-1]).view(np.uint8).reshape(*picture.shape, 4)

    def _index(self, spins: np.ndarray) -> Int[np.ndarray, "L L"]:
        if self.kind == "ising":
            return (spins > 0).astype(np.uint8)
        if self.kind == "xy":
            return np.round(spins * np.float32(len(self.table) / (2 * np.pi))).astype(np.int32) % len(self.table)
        return spins

    def _draw_arrows(self, picture: np.ndarray, spins: np.ndarray) -> None:
        angles = spins if self.kind == "xy" else spins * np.float32(2 * np.pi / self.states)
        cells, cell = self.size // self._block, self._block * self.scale
        shape = (cells, self._block, cells, self._block)
        x, y = (part(angles).reshape(shape).mean(axis=(1, 3)) for part in (np.cos, np.sin))
        direction = np.round(np.arctan2(y, x) * (N_DIRECTIONS / (2 * np.pi))).astype(int) % N_DIRECTIONS
        length = np.round(np.hypot(x, y) * (len(self._sprites) - 1)).astype(int)
        mask = self._sprites[length, direction].transpose(0, 2, 1, 3)  # cell row, pixel row, cell column, pixel column
        np.copyto(picture.reshape(cells, cell, cells, cell), np.uint32(0), where=mask)

    def _draw_vortices(self, picture: np.ndarray, spins: np.ndarray) -> None:
        charge = winding_numbers(spins, self.states)
        side = len(picture)
        radius = max(4.5, 0.45 * self.scale)
        reach = np.arange(-math.ceil(radius), math.ceil(radius) + 1)
        distance = np.hypot(reach[:, None], reach)
        black, white = 0, 0xFFFFFF
        for sign, fill, ring in ((1, white, black), (-1, black, white)):
            # plaquette [i, j] has its centre where the pixels of spins (i, j) and (i + 1, j + 1) touch
            i, j = np.nonzero(charge * sign > 0)
            for inside, colour in ((distance <= radius, ring), (distance <= radius - 1.5, fill)):
                down, right = np.nonzero(inside)
                rows = ((i + 1) * self.scale)[:, None] + reach[down]
                columns = ((j + 1) * self.scale)[:, None] + reach[right]
                picture[rows % side, columns % side] = colour


def arrow_sprites(cell: int, lengths: int = 8) -> np.ndarray:
    """Arrows in all lengths and directions, as masks of pixels: shape (lengths, N_DIRECTIONS, cell, cell).

    Args:
        cell: side of the square that an arrow is drawn in, pixels.
        lengths: how many, from none to nearly the whole cell.

    Returns:
        True where the arrow is. Rows count upwards.
    """
    position = (np.arange(cell) + 0.5) / cell - 0.5
    x, y = position[None, :], position[:, None]
    turn = 2 * np.pi * np.arange(N_DIRECTIONS)[:, None, None] / N_DIRECTIONS
    along, across = x * np.cos(turn) + y * np.sin(turn), np.abs(y * np.cos(turn) - x * np.sin(turn))
    sprites = np.zeros((lengths, N_DIRECTIONS, cell, cell), bool)
    for step in range(1, lengths):
        half = 0.44 * step / (lengths - 1)
        neck = half - min(0.26, 0.9 * half)
        shaft = (across < 0.045) & (along > -half) & (along <= neck)
        head = (along > neck) & (across < 0.75 * (half - along))
        sprites[step] = shaft | head
    return sprites


# ----------------------------------------------------------------------------------------------------- encoding


def ffmpeg() -> str:
    """Where ffmpeg is: the one of imageio-ffmpeg, or the one that the variable IMAGEIO_FFMPEG_EXE names.

    Raises:
        MovieError: if there is none.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise MovieError(
            "Movies need ffmpeg, which the package imageio-ffmpeg brings along: pip install imageio-ffmpeg"
        ) from error
    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise MovieError(f"imageio-ffmpeg finds no ffmpeg that runs: {error}") from error


@contextlib.contextmanager
def _quiet_fork() -> Iterator[None]:
    """JAX and Python warn of forks in a process with threads. This one becomes ffmpeg at once and runs no Python."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"os\.fork\(\) was called", category=RuntimeWarning)
        warnings.filterwarnings("ignore", message=r".*use of fork\(\) may", category=DeprecationWarning)
        yield


@cache
def encoders(program: str) -> frozenset[str]:
    """The names of the video encoders that this ffmpeg has."""
    try:
        with _quiet_fork():
            listed = subprocess.run([program, "-hide_banner", "-encoders"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MovieError(f"{program} does not run: {error}") from error
    rows = (line.split() for line in listed.stdout.splitlines())
    return frozenset(row[1] for row in rows if len(row) > 1 and row[0].startswith("V"))


class Recorder:
    """Encodes pictures as they come; a context manager. The file has its name only once it is whole.

    Args:
        path: where the movie goes, *.mp4, *.mov or *.mkv. A file of that name is replaced, at the end.
        fps: pictures per second.
        codec: "h264" or "h265".
        quality: constant rate factor, 0 (nothing lost) to 51 (coarse); 23 for h264, 28 for h265 unless given. Six more
            make a file of about half the size.
        scale: pixels along the side of each pixel of the pictures.
        title: what the movie shows; players display it.

    Attributes:
        n_frames: pictures written so far.

    Raises:
        ValueError: if an argument is wrong.
        MovieError: if ffmpeg or the codec is missing, or the folder is not there; later, from `write` and at the end,
            if ffmpeg stops, as it does when the disk is full.
    """

    def __init__(
        self,
        path: str | os.PathLike,
        *,
        fps: float = 60,
        codec: str = "h264",
        quality: int | None = None,
        scale: int = 1,
        title: str = "",
    ) -> None:
        self.path, self.title, self.n_frames = Path(path), title, 0
        if self.path.suffix.lower() not in (".mp4", ".mov", ".mkv"):
            raise ValueError(f"path = {str(path)!r}: expected a name that ends in .mp4, .mov or .mkv")
        if codec not in CODECS:
            raise ValueError(f"codec = {codec!r}: expected one of {', '.join(CODECS)}")
        if not (math.isfinite(fps) and 0 < fps <= 1000):
            raise ValueError(f"fps = {fps}: expected pictures per second, above 0 and up to 1000")
        if quality is not None and not 0 <= quality <= 51:
            raise ValueError(f"quality = {quality}: expected a constant rate factor, 0 (nothing lost) to 51 (coarse)")
        if isinstance(scale, bool) or not isinstance(scale, int | np.integer) or scale < 1:
            raise ValueError(f"scale = {scale!r}: expected a whole number of pixels, at least 1")
        self.fps, self.scale, self.codec = fps, int(scale), CODECS[codec]
        self.quality = self.codec.quality if quality is None else quality
        if self.path.is_dir() or not self.path.parent.is_dir():
            what = f"{self.path} is a folder" if self.path.is_dir() else f"there is no folder {self.path.parent}"
            raise MovieError(f"{what}: nowhere to put the movie")
        self._program = ffmpeg()
        if self.codec.encoder not in encoders(self._program):
            others = [name for name, c in CODECS.items() if c.encoder in encoders(self._program)]
            raise MovieError(
                f"{self._program} cannot encode {codec}: it was built without {self.codec.encoder}. "
                + (f"It has {', '.join(others)}." if others else "pip install imageio-ffmpeg brings one that can.")
            )
        self._partial = self.path.with_name(f".{self.path.stem}.{os.getpid()}.partial{self.path.suffix}")
        self._process: subprocess.Popen | None = None
        self._shape: tuple[int, ...] = ()
        self._said: deque[str] = deque(maxlen=20)

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._discard()  # what is left of it: nothing after a good end

    def write(self, picture: UInt8[np.ndarray, "height width channels"]) -> None:
        """Add a picture.

        Args:
            picture: bytes of red, green and blue, and perhaps one unused; all pictures have the shape of the first.

        Raises:
            ValueError: if the shape or the type is wrong, or the movie would have an odd number of rows or columns.
            MovieError: if ffmpeg has stopped.
        """
        picture = np.asarray(picture)
        if self._process is None:
            self._start(picture)
        if picture.shape != self._shape or picture.dtype != np.uint8:
            raise ValueError(f"picture has shape {picture.shape}, {picture.dtype}: expected {self._shape}, uint8")
        try:
            self._process.stdin.write(np.ascontiguousarray(picture).data)
        except OSError:
            self._process.wait()
            raise self._failure() from None
        self.n_frames += 1

    def _start(self, picture: np.ndarray) -> None:
        if picture.ndim != 3 or picture.shape[2] not in (3, 4) or picture.dtype != np.uint8:
            raise ValueError(f"picture has shape {picture.shape}, {picture.dtype}: expected (height, width, 3), uint8")
        height, width, channels = picture.shape
        if height * self.scale % 2 or width * self.scale % 2:
            raise ValueError(
                f"the movie would have {width * self.scale} x {height * self.scale} pixels: these codecs want even "
                "numbers; choose an even scale"
            )
        self._shape = picture.shape
        enlarge = f"scale={width * self.scale}:{height * self.scale}:flags=neighbor"
        command = [self._program, "-hide_banner", "-loglevel", "error", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24" if channels == 3 else "rgb0", "-s", f"{width}x{height}"]
        command += ["-r", str(self.fps), "-i", "pipe:0", "-an"]
        command += ["-vf", f"{enlarge}:out_color_matrix=bt709:out_range=tv,format=yuv420p"]
        command += ["-c:v", self.codec.encoder, *self.codec.options, "-crf", str(self.quality)]
        n_threads = min(MOST_THREADS, (3 * (os.cpu_count() or 1) + 1) // 2)  # 1.5 a core is what x264 itself would take
        command += ["-threads", str(n_threads)]
        command += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"]
        command += ["-metadata", f"title={self.title}", "-metadata", f"comment={self.title}"]
        if self.path.suffix.lower() != ".mkv":
            command += ["-movflags", "+faststart"]  # the index in front: a browser can start before it has the whole
        # In a session of its own: Ctrl-C is for this program alone, which then decides about the file.
        apart = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
        )
        try:
            with _quiet_fork():
                self._process = subprocess.Popen(
                    [*command, f"file:{self._partial}"],  # else ffmpeg takes what stands before a colon as a protocol
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.PIPE,
                    **apart,
                )
        except OSError as error:
            raise MovieError(f"{self._program} does not run: {error}") from error
        self._listener = threading.Thread(target=self._listen, args=(self._process.stderr,), daemon=True)
        self._listener.start()

    def _listen(self, stream: Any) -> None:
        for line in stream:
            self._said.append(line.decode(errors="replace").rstrip())

    def _finish(self) -> None:
        if self._process is None:
            raise MovieError("a movie needs at least one picture, and none was written")
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if self._process.wait():
            raise self._failure()
        os.replace(self._partial, self.path)

    def _discard(self) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.kill()
            with contextlib.suppress(OSError):
                self._process.stdin.close()
            self._process.wait()
            self._listener.join(timeout=5)
            self._process.stderr.close()
        with contextlib.suppress(FileNotFoundError):
            self._partial.unlink()

    def _failure(self) -> MovieError:
        """What ffmpeg died of, in words."""
        self._listener.join(timeout=5)
        said = " | ".join(line for line in self._said if line)
        code = self._process.returncode
        if "No space left on device" in said or code == 228:  # 256 - ENOSPC
            return MovieError(
                f"The disk is full: writing {self.path.name} into {self.path.parent.resolve()} stopped after "
                f"{self.n_frames} frames. Make room, or choose a coarser --quality, fewer --frames or another folder. "
                "Nothing was left behind."
            )
        end = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"stopped with code {code}"
        return MovieError(
            f"ffmpeg {end} after {self.n_frames} frames: {said or 'it said nothing'}. Nothing was left behind."
        )


# -------------------------------------------------------------------------------------------------- the program


@dataclass(frozen=True)
class Scene:
    """What a movie shows.

    Attributes:
        kind: "ising", "potts", "clock" or "xy".
        size: L.
        states: q, for "potts" and "clock".
        beta: inverse temperature, or that of the last frame.
        n_frames: frames.
        n_sweeps: sweeps of the lattice from one frame to the next.
        n_burn_in: sweeps before the first frame; rounded up to a multiple of ten chunks of frames.
        start: "random" or "aligned".
        anneal_from: inverse temperature of the first frame, if it changes.
    """

    kind: str
    size: int
    states: int | None
    beta: float
    n_frames: int
    n_sweeps: int
    n_burn_in: int
    start: str
    anneal_from: float | None = None

    def __post_init__(self) -> None:
        """The burn-in is made of whole chunks."""
        part = BURN_IN_PARTS * self.chunk
        object.__setattr__(self, "n_burn_in", math.ceil(self.n_burn_in / part) * part)

    @property
    def chunk(self) -> int:
        """Frames sampled at once."""
        return max(1, min(32, CHUNK // self.size**2, self.n_frames))

    @property
    def model_name(self) -> str:
        """The model in words."""
        names = {"ising": "Ising model", "potts": "Potts model, {} states", "clock": "XY model, {} directions"}
        return names.get(self.kind, "XY model, continuous angles").format(self.states)

    @property
    def what(self) -> str:
        """equilibrium, quench or annealing."""
        if self.anneal_from is not None:
            return "annealing"
        return "equilibrium" if self.n_burn_in else "quench"

    @property
    def title(self) -> str:
        """What is seen, in one line."""
        lattice = f"{self.model_name}, {self.size} x {self.size}"
        pace = f"{self.n_sweeps} sweep{'s' if self.n_sweeps > 1 else ''} a frame"
        if self.what == "annealing":
            return (
                f"{lattice}: annealing, not equilibrium: beta from {self.anneal_from:g} to {self.beta:g} in "
                f"{self.n_frames * self.n_sweeps} sweeps, {pace}"
            )
        spins = f"{self.start} spins"
        if self.what == "quench":
            return f"{lattice}: a quench, not equilibrium: {spins} put at beta = {self.beta:g} at once, {pace}"
        return f"{lattice}: equilibrium at beta = {self.beta:g}, {self.n_burn_in} sweeps after {spins}, {pace}"

    def model(self) -> Any:
        """The model of `course_utils.lattice`."""
        from .lattice import XY, Clock, Ising, Potts

        if self.kind in ("ising", "xy"):
            return (Ising if self.kind == "ising" else XY)(self.size)
        return (Potts if self.kind == "potts" else Clock)(self.size, self.states)


def lattices(scene: Scene, seed: int, bar: Any) -> Iterator[Shaped[np.ndarray, "chunk L L"]]:
    """The lattices of a scene in chunks, sampled as they are asked for; the burn-in is shown on the bar."""
    import jax

    model = scene.model()
    burn_key, key = jax.random.split(jax.random.key(seed))
    chunk = scene.chunk
    start: Any = scene.start
    if scene.n_burn_in:
        # The same compiled program as for the frames, with more sweeps between two of them.
        n_sweeps = math.ceil(scene.n_burn_in / (BURN_IN_PARTS * chunk))
        first = scene.beta if scene.anneal_from is None else scene.anneal_from
        for spins in model.stream(
            burn_key, first, n_frames=BURN_IN_PARTS * chunk, n_sweeps=n_sweeps, chunk=chunk, init=start
        ):
            start = np.asarray(spins[0, -1])
            bar.set_postfix_str("warm-up")
            bar.update(n_sweeps * chunk)
    n_chunks = math.ceil(scene.n_frames / chunk)  # whole ones: a shorter chunk would be compiled again
    beta: Any = scene.beta
    if scene.anneal_from is not None:
        beta = np.full(n_chunks * chunk, scene.beta)
        beta[: scene.n_frames] = np.linspace(scene.anneal_from, scene.beta, scene.n_frames)
    stream = model.stream(key, beta, n_frames=n_chunks * chunk, n_sweeps=scene.n_sweeps, chunk=chunk, init=start)
    for number, spins in enumerate(stream):
        yield np.asarray(spins[0])[: scene.n_frames - number * chunk]


def film(
    scene: Scene,
    path: str | os.PathLike,
    *,
    fps: float = 60,
    codec: str = "h264",
    quality: int | None = None,
    scale: int | None = None,
    vortices: bool = False,
    arrows: bool = False,
    seed: int = 0,
    between: Callable[[], None] | None = None,
) -> Float[np.ndarray, "n_frames"]:
    """Sample a scene and write its movie, with a progress bar on stdout.

    Args:
        scene: what to show.
        path, fps, codec, quality: as for `Recorder`.
        scale: pixels along the side of a spin; as many as make a side of at most 1024 pixels unless given.
        vortices, arrows: as for `Painter`.
        seed: of the random numbers; the same seed gives the same movie on the same machine.
        between: called before each chunk of frames is drawn; what it raises ends the movie.

    Returns:
        Energy per spin of each frame.

    Raises:
        ValueError: if an argument is wrong, before anything is sampled.
        MovieError: as `Recorder`.
    """
    import jax
    from tqdm import tqdm

    scale = max(1, SIDE // scene.size) if scale is None else scale
    painter = Painter(scene.kind, scene.size, scene.states, scale, vortices, arrows)
    recorder = Recorder(
        path, fps=fps, codec=codec, quality=quality, scale=1 if painter.enlarged else scale, title=scene.title
    )
    model = scene.model()
    energy_of = jax.jit(lambda spins: model.energy(spins))
    energy = []
    total = scene.n_burn_in + scene.n_frames * scene.n_sweeps
    with recorder, tqdm(total=total, file=sys.stdout, unit="sweep", mininterval=0.5, ncols=90) as bar:
        for spins in lattices(scene, seed, bar):
            if between is not None:
                between()
            energy.append(np.asarray(energy_of(spins)))
            for one in spins:
                recorder.write(painter(one))
            bar.set_postfix_str(f"frame {recorder.n_frames}")
            bar.update(len(spins) * scene.n_sweeps)
    return np.concatenate(energy)


def read(arguments: Sequence[str] | None = None) -> tuple[Scene, argparse.Namespace]:
    """The command line, understood and checked: what to show, and the options of `film`."""
    parser = argparse.ArgumentParser(
        prog="python -m course_utils.movie",
        description="Film a lattice of spins: sampled, coloured and encoded as a stream.",
    )
    parser.add_argument("model", choices=("ising", "potts", "xy"), help="which spins")
    parser.add_argument("--size", type=int, default=256, help="spins along a side, even (256)")
    parser.add_argument(
        "--states", type=int, help="colours of potts (5); directions of xy (left out: continuous angles)"
    )
    parser.add_argument(
        "--beta", type=float, help="inverse temperature (the critical one, 1.5 times that after --quench; 1.2 for xy)"
    )
    parser.add_argument("--frames", type=int, default=1200, help="number of frames (1200)")
    parser.add_argument("--fps", type=float, default=60, help="frames per second (60)")
    parser.add_argument("--sweeps", type=int, default=1, help="sweeps of the lattice from one frame to the next (1)")
    parser.add_argument("--burn-in", type=int, help="sweeps before the first frame (about size^2 / 8, at most 10000)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--quench", action="store_true", help="start from random spins and film from the first sweep on")
    how.add_argument("--anneal", type=float, metavar="BETA", help="start at this beta and move to --beta while filming")
    parser.add_argument("--vortices", action="store_true", help="mark vortices white and antivortices black (xy)")
    parser.add_argument("--arrows", action="store_true", help="draw the mean direction of small cells (xy)")
    parser.add_argument("--out", help="the file to write, .mp4, .mov or .mkv (MODEL.mp4)")
    parser.add_argument(
        "--codec",
        choices=tuple(CODECS),
        default="h264",
        help="h264 plays everywhere; h265 is smaller and slower (h264)",
    )
    parser.add_argument("--quality", type=int, help="0 (nothing lost) to 51 (coarse); 23 for h264, 28 for h265")
    parser.add_argument("--scale", type=int, help="pixels along the side of a spin (as many as fit into 1024)")
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (0)")
    options = parser.parse_args(arguments)

    kind = {"xy": "xy" if options.states is None else "clock"}.get(options.model, options.model)
    states = 5 if kind == "potts" and options.states is None else options.states
    if kind == "ising" and states is not None:
        parser.error("--states: Ising spins have two states; take potts or xy for more")
    if (options.vortices or options.arrows) and options.model != "xy":
        parser.error("--vortices and --arrows need spins with a direction: take xy")
    if options.quench and options.burn_in:
        parser.error("--burn-in: a quench is filmed from its first sweep on")
    critical = {"ising": lambda: exact.BETA_C, "potts": lambda: exact.potts_beta_c(states)}
    try:
        beta_c = critical.get(kind, lambda: 1 / exact.KT_TEMPERATURE)()
    except ValueError as error:
        parser.error(f"--states: {error}")
    beta = options.beta
    if beta is None:  # a quench to the critical temperature would show no domains that grow
        beta = 1.2 if options.model == "xy" else QUENCH_DEPTH * beta_c if options.quench else beta_c
    first = beta if options.anneal is None else options.anneal
    for name, value, least in (
        ("--size", options.size, 2),
        ("--frames", options.frames, 1),
        ("--sweeps", options.sweeps, 1),
        ("--burn-in", options.burn_in or 0, 0),
        ("--beta", beta, 0),
        ("--anneal", first, 0),
    ):
        if not (math.isfinite(value) and value >= least):
            parser.error(f"{name} {value}: expected at least {least}")
    # Cold lattices start aligned: from random spins they would get stuck in stripes, or coarsen for ever.
    start = "random" if options.quench or first < beta_c else "aligned"
    burn_in = 0 if options.quench else options.burn_in
    if burn_in is None:
        burn_in = min(options.size**2 // 8, MOST_BURN_IN)
    scene = Scene(kind, options.size, states, beta, options.frames, options.sweeps, burn_in, start, options.anneal)
    return scene, options


def evidence(scene: Scene, energy: Float[np.ndarray, "n_frames"]) -> str:
    """What the energy of the frames says about the title: one line."""
    quarter = max(1, len(energy) // 4)
    first, last = energy[:quarter].mean(), energy[-quarter:].mean()
    text = f"Energy per spin: {first:.4f} in the first quarter of the frames, {last:.4f} in the last"
    if scene.what != "equilibrium":
        return text + "."
    # Neighbouring eighths of the movie tell how much its parts scatter without a drift.
    eighths = np.array([part.mean() for part in np.array_split(energy, 8) if len(part)])
    scatter = math.sqrt(np.square(np.diff(eighths)).mean() / 2) if len(eighths) > 1 else math.inf
    slowest = scene.size**2 // 8
    if abs(last - first) > 4 * scatter:
        text += ": it still drifts, so give a longer --burn-in"
    elif scene.n_burn_in < slowest and scene.kind in ("clock", "xy"):
        text += f"; the longest waves of this lattice want a --burn-in of about {slowest}"
    return text + "."


def main(arguments: Sequence[str] | None = None) -> int:
    """The program; returns its exit code."""
    scene, options = read(arguments)
    path = Path(options.out if options.out is not None else f"{options.model}.mp4")

    stopped = []

    def stop(number: int, frame: Any) -> None:
        stopped.append(number)
        raise KeyboardInterrupt

    def go_on() -> None:
        # Python drops what is raised inside a callback of its garbage collector, and JAX has one.
        if stopped:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    began = time.perf_counter()
    try:
        print(scene.title, flush=True)
        energy = film(
            scene,
            path,
            fps=options.fps,
            codec=options.codec,
            quality=options.quality,
            scale=options.scale,
            vortices=options.vortices,
            arrows=options.arrows,
            seed=options.seed,
            between=go_on,
        )
    except KeyboardInterrupt:
        print("Stopped; no movie was written.")
        return 130
    except (MovieError, ValueError) as error:
        print(f"No movie: {error}", file=sys.stderr)
        return 1
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    print(evidence(scene, energy))
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {len(energy)} frames, {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
