"""Pictures as they come, encoded by ffmpeg into a file."""

import contextlib
import os
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

import numpy as np
from jaxtyping import UInt8

from ..arguments import choice, number, whole
from ..whole_files import clear_up, partial_of


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

MOST_THREADS = 8  # of the encoder: each holds frames, and with 48 of them it would take 600 MB


class MovieError(RuntimeError):
    """No movie could be made; the text says why, in words for the person who asked for it."""


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
        self.path, self.title = Path(path), title
        if self.path.suffix.lower() not in (".mp4", ".mov", ".mkv"):
            raise ValueError(f"path = {str(path)!r}: expected a name that ends in .mp4, .mov or .mkv")
        self.codec, self.scale = CODECS[choice("codec", codec, CODECS)], whole("scale", scale)
        self.fps = number("fps", fps, 0, 1000, above=True)
        self.quality = self.codec.quality if quality is None else whole("quality", quality, 0, 51)
        if self.path.is_dir() or not self.path.parent.is_dir():
            what = f"{self.path} is a folder" if self.path.is_dir() else f"there is no folder {self.path.parent}"
            raise MovieError(f"{what}: nowhere to put the movie")
        if not os.access(self.path.parent, os.W_OK):
            where = self.path.parent.resolve()
            raise MovieError(f"{where} cannot be written: nowhere to put the movie. Name another folder with --out")
        self._program = ffmpeg()
        if self.codec.encoder not in encoders(self._program):
            others = [name for name, c in CODECS.items() if c.encoder in encoders(self._program)]
            raise MovieError(
                f"{self._program} cannot encode {codec}: it was built without {self.codec.encoder}. "
                + (f"It has {', '.join(others)}." if others else "pip install imageio-ffmpeg brings one that can.")
            )
        self._partial = partial_of(self.path)
        clear_up(self.path)
        self._process: subprocess.Popen | None = None
        self._shape: tuple[int, ...] = ()
        self.n_frames = 0

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
        height, width, _ = picture.shape
        if height * self.scale % 2 or width * self.scale % 2:
            raise ValueError(
                f"the movie would have {width * self.scale} x {height * self.scale} pixels: these codecs want even "
                "numbers; choose an even scale"
            )
        self._shape = picture.shape
        # In a session of its own: Ctrl-C is for this program alone, which then decides about the file.
        apart = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP} if os.name == "nt" else {"start_new_session": True}
        )
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - what ffmpeg says; a full pipe could stop it
        try:
            with _quiet_fork():
                self._process = subprocess.Popen(
                    self._command(*picture.shape),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=self._said,
                    **apart,
                )
        except OSError as error:
            raise MovieError(f"{self._program} does not run: {error}") from error

    def _command(self, height: int, width: int, channels: int) -> list[str]:
        """What ffmpeg is told for pictures of this shape."""
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
        return [*command, f"file:{self._partial}"]  # else ffmpeg takes what stands before a colon as a protocol

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
            self._said.close()
        with contextlib.suppress(FileNotFoundError):
            self._partial.unlink()

    def _failure(self) -> MovieError:
        """What ffmpeg died of, in words."""
        self._said.seek(0)
        said = " | ".join(self._said.read().decode(errors="replace").splitlines()[-20:])
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
