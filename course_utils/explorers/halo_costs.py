"""The explorer of lesson 12: how many devices a lattice keeps busy before the halo costs as much as the spins."""

import numpy as np
from matplotlib.figure import Figure

from .. import plots
from ..rates import parallel_time
from .base import Explorer, slider

DEVICES = 2 ** np.arange(11)
RATE = 0.5
"""Updates a nanosecond of one device: about one core here."""
BANDWIDTH = 10.0
"""Bytes a nanosecond between two devices."""


def slabs() -> Explorer:
    """A lattice cut into slabs: speed-up against the number of devices, by a model of computing and sending."""
    return Explorer(
        {
            "side": slider("log2 of the side", 8, 7, 16, 1),
            "latency": slider("latency (log10)", 4, 2, 6, 0.5),
        },
        draw,
        question=(
            "A message takes 10 µs, which is 10⁴ ns (latency 4). From which side on do 64 devices reach half of "
            "64-fold speed? And with 100 µs?"
        ),
    )


def draw(side: int, latency: float) -> tuple[Figure, str]:
    """The picture and its caption.

    Args:
        side: log2 of the spins along a side.
        latency: log10 of the nanoseconds that a message takes.
    """
    spins, wait = 2 ** int(side), 10.0**latency
    devices = DEVICES[spins // 2 >= DEVICES]  # a slab has two rows at least
    seconds = parallel_time(spins, devices, rate=RATE, latency=wait, bandwidth=BANDWIDTH)
    gain = seconds[0] / seconds
    share = gain / devices
    most = int(np.flatnonzero(share >= 0.5).max())
    panel = plots.panel(
        plots.exact(devices, devices, "as many times as devices", style="--"),
        plots.line(devices, gain, "with the halo"),
        plots.vline(float(devices[most]), "half or more up to here"),
        xlabel="devices",
        ylabel="times as fast as one device",
        log="xy",
        xticks=devices[::2].tolist(),
        yticks=[0.01, 0.1, *devices[::2].tolist()],
    )
    number = f"{devices[most]} device{'s' if most else ''}"
    title = f"{spins}² spins keep {number} busy for half of the time or more"
    return plots.figure(panel, title=title), (
        f"{spins:,} × {spins:,} spins, {RATE:g} updates/ns on a device, a message of {wait / 1000:g} µs before each "
        f"colour. 64 devices: {gain[6]:.1f} times as fast as one, {share[6]:.0%} of 64. All {devices[-1]}: "
        f"{gain[-1]:.1f} times. Half or more of the ideal up to {number}."
    )
