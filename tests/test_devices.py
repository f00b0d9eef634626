"""Many devices give the spins of one: eight virtual ones in a process, and two processes on the loopback interface."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from course_utils.lattice import Ising, devices, launch

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]

EIGHT = """
import jax, numpy as np
from course_utils.lattice import XY, Clock, Ising, PackedIsing, Potts, devices, tempering
assert len(jax.devices()) == 8
key = jax.random.key(3)
over_chains, over_rows, over_both = devices.layout(8), devices.layout(1, 8), devices.layout(2, 4)
betas = np.linspace(0.2, 0.9, 8)

def same(model, sharding, beta, exact=True, **more):
    how = {"n_samples": 3, "n_sweeps": 2, "n_burn_in": 1, "n_chains": 8, **more}
    looks = {"spins": lambda s: s, "energy": model.energy}
    alone = model.measure(key, beta, looks, **how)
    shared = model.measure(key, beta, looks, sharding=sharding, **how)
    a, b = np.asarray(alone["spins"]), np.asarray(shared["spins"])
    off = np.abs(np.angle(np.exp(1j * (a - b)))).max() if not exact else (a != b).sum()
    assert off < (1e-3 if not exact else 1), (model.name, sharding, off)
    np.testing.assert_allclose(alone["energy"], shared["energy"], atol=1e-5)
    return shared["spins"]

"""

QUICK = (
    EIGHT
    + """
out = same(Ising((16, 32)), over_both, betas)
assert len({shard.device for shard in out.addressable_shards}) == 8
assert {shard.data.shape for shard in out.addressable_shards} == {(4, 3, 4, 32)}
print("the same spins")
"""
)

EVERY = (
    EIGHT
    + """
same(Ising((16, 6), boundary="open"), over_rows, 0.4)
same(Ising((16, 32), boundary="open", field=0.2), over_both, 0.4)
same(Potts((16, 6), 5), over_both, betas)
same(Clock((16, 4), 6), over_rows, 0.8)
# Sines are rounded in another order, and mirrors in a weak pull enlarge that: one sweep, before it grows.
same(XY((16, 4), over_relaxation=1), over_both, 0.8, exact=False, n_samples=1, n_sweeps=1, n_burn_in=0)
same(PackedIsing((16, 4)), over_both, 0.4)
out = same(Ising(4, coupling=np.ones((2, 4, 4))), over_chains, 0.4)
assert {shard.data.shape for shard in out.addressable_shards} == {(1, 3, 4, 4)}

how = {"n_samples": 6, "n_burn_in": 2}
look = {"m": Ising(8).order_parameter}
alone, shared = (
    tempering.replica_exchange(Ising(8), key, betas, look, sharding=s, **how) for s in (None, over_chains)
)
assert (np.asarray(alone.measured["m"]) == np.asarray(shared.measured["m"])).all()
alone, shared = (tempering.annealed(Ising(16), key, betas, {}, n_chains=2, sharding=s)[0] for s in (None, over_both))
assert (np.asarray(alone) == np.asarray(shared)).all()

from tqdm import tqdm
from course_utils import movie
scene = movie.Scene(Ising((16, 32)), 0.4, n_frames=3, n_sweeps=1, n_burn_in=30, start="random")
bar = tqdm(disable=True)
alone, shared = (np.concatenate(list(movie.lattices(scene, 0, bar, s))) for s in (None, over_rows))
assert (alone == shared).all()
print("the same spins")
"""
)

PROCESS = """
import sys
import jax
jax.config.update("jax_cpu_collectives_implementation", "gloo")
jax.distributed.initialize(sys.argv[1], num_processes=2, process_id=int(sys.argv[2]))
import numpy as np
from course_utils.lattice import Ising, devices
assert len(jax.devices()) == 4 and len(jax.local_devices()) == 2
model, key = Ising((16, 32)), jax.random.key(3)
how = {"n_samples": 3, "n_sweeps": 2, "n_chains": 4}
for sharding in (devices.layout(4), devices.layout(1, 4), devices.layout(2, 2)):
    spins = model.sample(key, 0.4, sharding=sharding, **how)
    assert not spins.is_fully_addressable
    whole = devices.gathered(spins)
np.save(sys.argv[3], whole)
"""


def environment(n_devices: int) -> dict[str, str]:
    flags = f"--xla_force_host_platform_device_count={n_devices}"
    return {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("code", [QUICK, EVERY], ids=["Ising", "every model"])
def test_eight_devices_give_the_spins_of_one(code: str) -> None:
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=environment(8), capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "the same spins", done.stderr[-2000:]


def test_two_processes_give_the_spins_of_one(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    files = [tmp_path / f"{k}.npy" for k in range(2)]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, address, str(k), str(files[k])],
            env=environment(2),
            stderr=subprocess.PIPE,
            text=True,
        )
        for k in range(2)
    ]
    try:
        errors = [process.communicate(timeout=600)[1][-3000:] for process in running]
    finally:  # one that is left waits for the other
        for process in running:
            process.kill()
    assert [process.returncode for process in running] == [0, 0], "\n".join(errors)
    alone = Ising((16, 32)).sample(jax.random.key(3), 0.4, n_samples=3, n_sweeps=2, n_chains=4)
    for file in files:
        assert (np.load(file) == np.asarray(alone)).all()


def test_two_tasks_find_each_other_by_what_slurm_says() -> None:
    words = ["--side", "16", "--chains", "2", "--sweeps", "3", "--cut", "rows"]
    (found,) = launch.elsewhere(words, devices=1, processes=2, slurm=True)
    assert found["devices"] == 2
    assert found["fingerprint"] == launch.measured(16, 2, 3, "chains", [1])[0]["fingerprint"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda one: devices.layout(2, devices=one), "chains, rows = 2, 1: expected a product of at most 1 device"),
        (lambda one: Ising(4).sample(KEY, 0.4, n_samples=1, sharding=one), "expected a jax.sharding.NamedSharding"),
        (lambda one: devices.layout(rows=0, devices=one), "rows = 0"),
    ],
)
def test_bad_input_is_named(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call(jax.devices()[:1])


KEY = jax.random.key(1)


def test_what_does_not_go_into_the_devices_is_named() -> None:
    code = """
from course_utils.lattice import Ising, devices
import jax, numpy as np
def says(call):
    try:
        call()
    except ValueError as error:
        print(str(error).split(":")[0])
key = jax.random.key(0)
says(lambda: Ising(8).sample(key, 0.4, n_samples=1, n_chains=3, sharding=devices.layout(2)))
says(lambda: Ising((6, 4)).sample(key, 0.4, n_samples=1, sharding=devices.layout(1, 2)))
says(lambda: Ising(8).sample(key, 0.4, n_samples=1, engine="sites", sharding=devices.layout(1, 2)))
says(lambda: Ising(8).sample(jax.random.key(0, impl="rbg"), 0.4, n_samples=1, sharding=devices.layout(1, 2)))
"""
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=environment(2), capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "n_chains = 3",
        "rows = 6",
        "sharding cuts rows",
        "key of another generator than threefry",
    ]
