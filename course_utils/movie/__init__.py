"""Movies of spin lattices: sampled and encoded as a stream, in constant memory.

    python -m course_utils.movie xy --size 256 --states 16 --beta 1.2 --frames 1200 --fps 60 --out xy.mp4
    python -m course_utils.movie xy --beta 1.1 --vortices --out pairs.mp4              # continuous angles
    python -m course_utils.movie ising --quench --beta 0.6 --out coarsening.mp4
    python -m course_utils.movie potts --states 5 --anneal 0.8 --beta 1.4 --out cooling.mp4

Every movie says what it shows, on the screen while it is made and in the title that players display: *equilibrium*,
frames drawn after a warm-up; a *quench* from random spins; or *annealing*, with the temperature falling all along.

Frames go through a table of colours (`Painter`) and a pipe into the ffmpeg that comes with imageio-ffmpeg; no figure is
drawn. The file grows under another name, and gets its own when it is whole. In a lesson:

    paint = movie.Painter(model)
    with movie.Recorder("quench.mp4", fps=30, scale=4) as recorder:
        for spins in lattices:                                       # (L, L) each
            recorder.write(paint(spins))

`film` does it all for a `Scene`.
"""

from .command import main, read
from .painter import Painter
from .recorder import CODECS, MovieError, Recorder, encoders, ffmpeg
from .scene import CHUNK, Scene, evidence, film, lattices
