# Wrong answers that each check of lesson 11 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="11.1" says="check the sign"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(energy[partner] - energy))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="All spins were drawn at once"
def law_after(law, energy, n_sweeps):
    n, k = int(math.log2(len(law))), np.arange(len(law))
    up = np.stack([1 / (1 + np.exp(energy[k | (1 << i)] - energy[k & ~(1 << i)])) for i in range(n)], axis=1)
    is_up = (k[:, None] >> np.arange(n)) & 1
    step = np.where(is_up[None] == 1, up[:, None], 1 - up[:, None]).prod(-1)
    laws = [law]
    for _ in range(n_sweeps):
        laws.append(laws[-1] @ step)
    return np.array(laws)

# %% wrong="11.1" says="began with the last one"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in reversed(range(int(math.log2(len(law))))):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="Only spin 0 is drawn"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ 1
            law = (law + law[partner]) / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="This is Metropolis"
def law_after(law, energy, n_sweeps):
    k, laws = np.arange(len(law)), [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            leave = np.minimum(1, np.exp(energy - energy[partner]))
            law = law * (1 - leave) + law[partner] * leave[partner]
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="There is no 2 here"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(2 * (energy - energy[partner])))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="not the last one only"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return law

# %% wrong="11.1" says="after 0 sweeps, is missing"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = []
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="not from all states alike"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    law = np.full(len(law), 1 / len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="where the sweeps end"
def law_after(law, energy, n_sweeps):
    weights = np.exp(-energy)
    return np.array([law] + [weights / weights.sum()] * n_sweeps)

# %% wrong="11.1" says="of its own alone"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = law / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="that of the partner alone"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = law[partner] / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="The last spin is not drawn"
def law_after(law, energy, n_sweeps):
    k = np.arange(len(law))
    laws = [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law))) - 1):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(energy - energy[partner]))
        laws.append(law)
    return np.array(laws)

# %% wrong="11.1" says="a row for each spin"
def law_after(law, energy, n_sweeps):
    k, laws = np.arange(len(law)), [law]
    for _ in range(n_sweeps):
        for i in range(int(math.log2(len(law)))):
            partner = k ^ (1 << i)
            law = (law + law[partner]) / (1 + np.exp(energy - energy[partner]))
            laws.append(law)
    return np.array(laws)

# %% right="11.1"
def law_after(law, energy, n_sweeps):
    n = int(math.log2(len(law)))
    weight = np.exp(energy.min() - energy).reshape((2,) * n)
    laws = [np.array(law)]
    for _ in range(n_sweeps):
        p = laws[-1].reshape((2,) * n)
        for axis in reversed(range(n)):  # the last axis is bit 0
            p = weight / weight.sum(axis, keepdims=True) * p.sum(axis, keepdims=True)
        laws.append(p.ravel())
    return np.stack(laws)

# %% right="11.1"
def law_after(law, energy, n_sweeps):
    size = len(law)
    sweep = np.eye(size)
    for i in range(size.bit_length() - 1):
        draw = np.zeros((size, size))
        for a in range(size):
            for b in (a, a ^ (1 << i)):
                draw[a, b] = 1 / (1 + math.exp(energy[b] - energy[b ^ (1 << i)]))
        sweep = sweep @ draw
    return np.array([law @ np.linalg.matrix_power(sweep, t) for t in range(n_sweeps + 1)])

# %% right="11.1"
def law_after(law, energy, n_sweeps):
    now = [float(p) for p in law]
    rows = [list(now)]
    for _ in range(n_sweeps):
        i = 1
        while i < len(now):
            for low in range(len(now)):
                if not low & i:
                    high = low | i
                    total = now[low] + now[high]
                    part = 1 / (1 + math.exp(energy[low] - energy[high]))
                    now[low], now[high] = total * part, total * (1 - part)
            i *= 2
        rows.append(list(now))
    return np.array(rows)

# %% wrong="11.2" says="coupling Γ is missing"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += law[k] * exact.law_after(start, energy, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="factor ½"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += law[k] * exact.law_after(start, energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="sign of Γ"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += law[k] * exact.law_after(start, energy + gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="starts at the noisier state"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.full(size, 1 / size)
            new += law[k] * exact.law_after(start, energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="with the probability of each y"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += exact.law_after(start, energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new / size
    return law

# %% wrong="11.2" says="without the probability of each y"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += exact.law_after(start, energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="nothing is given to it"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = np.full(size, 1 / size)
    for energy in energies:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += law[k] * exact.law_after(start, energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="go through them in order"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[-1], n_sweeps)[-1]
    for energy in energies[-2::-1]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += law[k] * exact.law_after(start, energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="Only the last machine"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    return exact.law_after(np.full(size, 1 / size), energies[-1], n_sweeps)[-1]

# %% wrong="11.2" says="not to their mean"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        law = exact.law_after(law, energy - gamma * all_states @ (law @ all_states), n_sweeps)[-1]
    return law

# %% wrong="11.2" says="you shared them out"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    n_sweeps = n_sweeps // len(energies)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += law[k] * exact.law_after(start, energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="stays what it is during all sweeps"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in np.repeat(energies[1:], n_sweeps, axis=0):
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            start = np.eye(size)[k]
            new += law[k] * exact.law_after(start, energy - gamma * all_states @ y, 1)[-1]
        law = new
    return law

# %% right="11.2"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    states = ising_states(int(math.log2(size))).astype(float)
    pull = 0.5 * math.log(1 / flip - 1) * states @ states.T
    law = exact.law_after(np.ones(size) / size, energies[0], n_sweeps)[-1]
    for energy in energies[1:]:
        rows = [exact.law_after(start, energy - row, n_sweeps)[-1] for start, row in zip(np.eye(size), pull)]
        law = law @ np.array(rows)
    return law

# %% right="11.2"
def chain_law(energies, flip, n_sweeps):
    def clean(law, rest):
        if not len(rest):
            return law
        states = ising_states(len(law).bit_length() - 1)
        gamma = math.atanh(1 - 2 * flip)
        ends = 0.0
        for y, p, start in zip(states, law, np.identity(len(law))):
            field = np.array([gamma * float(np.dot(x.astype(float), y)) for x in states])
            ends = ends + p * exact.law_after(start, rest[0] - field, n_sweeps)[n_sweeps]
        return clean(ends, rest[1:])

    first = exact.law_after(np.full(energies.shape[1], 1 / energies.shape[1]), energies[0], n_sweeps)[-1]
    return clean(first, energies[1:])

# %% right="11.2"
def chain_law(energies, flip, n_sweeps):
    n_states = len(energies[0])
    index = np.arange(n_states)
    differ = np.array([[bin(a ^ b).count("1") for b in index] for a in index])  # x·y = n - 2 * differ
    law = np.full(n_states, 1 / n_states)
    for step, energy in enumerate(energies):
        given = energy + (math.log((1 - flip) / flip) if step else 0.0) * differ
        after = np.eye(n_states)
        for _ in range(n_sweeps):
            for i in range(int(math.log2(n_states))):
                partner = index ^ (1 << i)
                after = (after + after[:, partner]) / (1 + np.exp(given - given[:, partner]))
        law = law @ after if step else law @ after
    return law

# %% wrong="11.2" says="sweeps once, alone"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)[-1]
    for energy in energies:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            new += law[k] * exact.law_after(np.eye(size)[k], energy - gamma * all_states @ y, n_sweeps)[-1]
        law = new
    return law

# %% wrong="11.2" says="take the last one"
def chain_law(energies, flip, n_sweeps):
    size = energies.shape[1]
    all_states = ising_states(int(math.log2(size))).astype(float)
    gamma = 0.5 * math.log((1 - flip) / flip)
    law = exact.law_after(np.full(size, 1 / size), energies[0], n_sweeps)
    for energy in energies[1:]:
        new = np.zeros(size)
        for k, y in enumerate(all_states):
            new += law[k] * exact.law_after(np.eye(size)[k], energy - gamma * all_states @ y, n_sweeps)
        law = new
    return law

# %% wrong="11.3" says="Hidden spins are drawn too"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.pixels
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="you counted one step"
def bill(job, prices):
    updates = job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="not for the batch"
def bill(job, prices):
    updates = job.batch * job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="not after the last one only"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="the first one too"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = (job.steps - 1) * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="Only the pixels are read"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.spins
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="Before the first step there is no noisier picture"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = job.steps * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="written long ago"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="each must be written anew"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="other way round"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins <= job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="must fit on the chip together"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="once for the whole batch"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="not only the spins without a cell"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    writes += max(job.steps * job.spins - job.cells, 0) / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="holds the machines exactly"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins >= job.cells:
        writes += job.steps * job.spins / job.batch
    return updates * prices.update, reads * prices.read, writes * prices.write

# %% wrong="11.3" says="Multiply by the prices"
def bill(job, prices):
    updates = job.steps * job.sweeps * job.spins
    reads = job.steps * job.pixels
    writes = (job.steps - 1) * job.pixels
    if job.steps * job.spins > job.cells:
        writes += job.steps * job.spins / job.batch
    return updates, reads, writes

# %% right="11.3"
def bill(job, prices):
    updates = reads = writes = 0.0
    fits = job.cells >= job.steps * job.spins
    for step in range(job.steps):
        writes += 0 if fits else job.spins / job.batch
        writes += job.pixels if step > 0 else 0
        updates += sum(job.spins for _ in range(job.sweeps))
        reads += job.pixels
    return prices.update * updates, prices.read * reads, prices.write * writes

# %% right="11.3"
def bill(job, prices):
    spins, pixels, steps, sweeps_each, batch, cells = job
    programming = steps * spins * (steps * spins > cells) / batch
    counts = np.array([steps * sweeps_each * spins, steps * pixels, (steps - 1) * pixels + programming])
    return tuple(counts * np.array(prices))

# %% right="11.3"
def bill(job, prices):
    whole_batch = {
        "update": job.batch * job.steps * job.sweeps * job.spins,
        "read": job.batch * job.steps * job.pixels,
        "write": job.batch * (job.steps - 1) * job.pixels,
    }
    if job.cells < job.steps * job.spins:
        whole_batch["write"] += job.steps * job.spins
    return tuple(n * getattr(prices, what) / job.batch for what, n in whole_batch.items())

# %% equivalent="11.2" because="a spin is -1 or +1, and so is its inverse"
# given = energy - gamma * all_states @ y  ->  given = energy - gamma / all_states @ y
