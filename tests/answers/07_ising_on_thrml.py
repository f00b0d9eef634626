# Wrong answers that each check of lesson 07 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="7.1" says="β is missing"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="factor 2 is missing"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="you divided by β"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * pull / beta))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="sign is wrong"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(2 * beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="field h is not used"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="edges open"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        rim = np.pad(spins, 1)
        pull = rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:] + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="White was drawn first"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 1, (i + j) % 2 == 0):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="these are stripes"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in (i % 2 == 0, i % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="Only the black spins"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0,):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="not above it"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(uniform > p_up, 1, -1), spins)
    return spins

# %% wrong="7.1" says="not 1 or 0"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(uniform < p_up, 1, 0), spins)
    return spins

# %% wrong="7.1" says="likelier value"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        p_up = 1 / (1 + np.exp(-2 * beta * pull))
        spins = np.where(colour, np.where(p_up > 0.5, 1, -1), spins)
    return spins

# %% wrong="7.1" says="All spins were drawn at once"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
    return np.where(uniform < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)

# %% wrong="7.1" says="All spins were drawn at once"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
    p_up, new = 1 / (1 + np.exp(-2 * beta * pull)), spins.copy()
    for colour in (0, 1):
        here = (i + j) % 2 == colour
        new[here] = np.where(uniform[here] < p_up[here], 1, -1)
    return new

# %% wrong="7.1" says="one by one"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    spins = spins.copy()
    rows, cols = spins.shape
    for i in range(rows):
        for j in range(cols):
            pull = spins[i - 1, j] + spins[(i + 1) % rows, j] + spins[i, j - 1] + spins[i, (j + 1) % cols] + field
            spins[i, j] = 1 if uniform[i, j] < 1 / (1 + math.exp(-2 * beta * pull)) else -1
    return spins

# %% wrong="7.1" says="`spins` has changed"
def gibbs_sweep(spins, beta, uniform, field=0.0):
    i, j = np.indices(spins.shape)
    for colour in (0, 1):
        here = (i + j) % 2 == colour
        pull = sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)) + field
        spins[here] = np.where(uniform < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)[here]
    return spins

# %% right="7.1"
def gibbs_sweep(spins, beta, uniform, field=0.0):  # spin by spin
    new, (rows, cols) = [[int(s) for s in row] for row in spins], spins.shape
    for colour in (0, 1):
        for i in range(rows):
            for j in range(cols):
                if (i + j) % 2 == colour:
                    pull = new[i - 1][j] + new[(i + 1) % rows][j] + new[i][j - 1] + new[i][(j + 1) % cols] + field
                    up = math.exp(beta * pull)
                    new[i][j] = 1 if uniform[i][j] < up / (up + 1 / up) else -1
    return new

# %% right="7.1"
def gibbs_sweep(spins, beta, uniform, field=0.0):  # in JAX
    board = jnp.indices(spins.shape).sum(0) % 2
    s = jnp.asarray(spins)
    for colour in (0, 1):
        near = jnp.roll(s, 1, 0) + jnp.roll(s, -1, 0) + jnp.roll(s, 1, 1) + jnp.roll(s, -1, 1)
        s = s.at[board == colour].set(jnp.where(uniform < jax.nn.sigmoid(2 * beta * (near + field)), 1, -1)[board == colour])
    return s

# %% right="7.1"
def gibbs_sweep(spins, beta, uniform, field=0.0):  # in place on a copy, by slices
    s, (rows, cols) = np.array(spins), spins.shape
    for first, second in ((0, 1), (1, 0)):
        for start, rest in ((0, first), (1, second)):
            here = (slice(start, None, 2), slice(rest, None, 2))
            rim = np.pad(s, 1, mode="wrap")
            pull = (rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:])[here] + field
            s[here] = 2 * (uniform[here] < (1 + np.tanh(beta * pull)) / 2) - 1
    return s

# %% wrong="7.2" says="β is missing"
def ising_program(nodes, beta):
    program, blocks = gibbs.ising_program(nodes, 1.0)
    return program, blocks

# %% wrong="7.2" says="The weights are 2 β"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    first = gibbs.two_colours(size, size).ravel()
    blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), 2 * beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.2" says="each bond is there twice"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    first = gibbs.two_colours(size, size).ravel()
    blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]
    i, j = exact.bonds((size, size)).T
    i, j = np.concatenate([i, j]), np.concatenate([j, i])
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.2" says="β / 2"
def ising_program(nodes, beta):
    return gibbs.ising_program(nodes, beta / 2)

# %% wrong="7.2" says="The sign is wrong"
def ising_program(nodes, beta):
    return gibbs.ising_program(nodes, -beta)

# %% wrong="7.2" says="Both colours are drawn at once"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    first = gibbs.two_colours(size, size).ravel()
    blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    spec = BlockGibbsSpec([tuple(blocks)], [])
    return FactorSamplingProgram(spec, [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.2" says="One block for each colour"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    blocks = [Block(nodes)]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()], [factor], []), blocks

# %% wrong="7.2" says="parity of i + j"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    blocks = [Block(nodes[::2]), Block(nodes[1::2])]
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.2" says="ends of the bonds"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    _, blocks = gibbs.ising_program(nodes, beta)
    i, j = exact.bonds((size, size), periodic=False).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.2" says="expected 2 values"
def ising_program(nodes, beta):
    return gibbs.ising_program(nodes, beta)[0]

# %% right="7.2"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    edges = [(nodes[i], nodes[j]) for i, j in exact.bonds((size, size))]
    from thrml.models import IsingEBM, IsingSamplingProgram

    ebm = IsingEBM(nodes, edges, jnp.zeros(len(nodes)), jnp.ones(len(edges)), jnp.array(beta))
    black = [n for k, n in enumerate(nodes) if (k // size + k % size) % 2]
    white = [n for k, n in enumerate(nodes) if (k // size + k % size) % 2 == 0]
    blocks = [Block(black), Block(white)]
    return IsingSamplingProgram(ebm, blocks, []), blocks

# %% right="7.2"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    black = np.flatnonzero(gibbs.two_colours(size, size))
    at = {int(k): nodes[k] for k in range(len(nodes))}
    blocks = [Block([at[int(k)] for k in black]), Block([n for k, n in at.items() if k not in black])]
    factors = []
    for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):  # from each black spin to its four neighbours
        other = [nodes[(k // size + di) % size * size + (k % size + dj) % size] for k in black]
        factors.append(SpinEBMFactor([blocks[0], Block(other)], beta * jnp.ones(len(black))))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, factors, []), blocks

# %% wrong="7.3" says="without its absolute value"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = s.mean((2, 3))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="before any average"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = s.mean((2, 3))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [abs(chains.mean()) if series is m else chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="before the absolute value"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = s.mean((2, 3))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = np.abs(series.mean(1)) if series is m else series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="not to each spin"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s).mean((2, 3))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="counts every lattice"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), series.std(ddof=1) / math.sqrt(series.size)]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="ddof=1"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std() / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="smaller by the root"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1)]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="not of lattices"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(series.size)]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="The chains were averaged"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(0)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="counted twice"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * sum(np.roll(s, d, k) for d in (1, -1) for k in (2, 3))).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="sign is wrong"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = (s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="are missing"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="edges open"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -((s[:, :, 1:] * s[:, :, :-1]).sum((2, 3)) + (s[..., 1:] * s[..., :-1]).sum((2, 3))) / s[0, 0].size
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="whole lattice"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).sum((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="not β"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(1 / T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="four numbers"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean()]
        rows.append(row)
    return np.array(rows)

# %% wrong="7.3" says="another order"
def phase_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        s = np.asarray(draw(T), float)
        m = np.abs(s.mean((2, 3)))
        e = -(s * np.roll(s, 1, 2) + s * np.roll(s, 1, 3)).mean((2, 3))
        row = []
        for series in (m, e):
            chains = series.mean(1)
            row += [chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))]
        rows.append(row)
    return np.array(rows)[:, [0, 2, 1, 3]]

# %% right="7.3"
def phase_curve(draw, temperatures):  # with the course's own tools
    found = []
    for T in temperatures:
        s = np.asarray(draw(float(T)))
        bonds = s * np.roll(s, 1, -1) + s * np.roll(s, -1, -2)
        measured = observables.mean_and_error(abs(s.mean((-1, -2)))), observables.mean_and_error(-bonds.mean((-1, -2)))
        found.append([*measured[0], *measured[1]])
    return found

# %% right="7.3"
def phase_curve(draw, temperatures):  # plain loops
    table = []
    for T in temperatures:
        orders, energies = [], []
        for chain in np.asarray(draw(T)).tolist():
            order = energy = 0.0
            for s in chain:
                rows, cols = len(s), len(s[0])
                order += abs(sum(map(sum, s))) / (rows * cols) / len(chain)
                for i in range(rows):
                    for j in range(cols):
                        energy -= s[i][j] * (s[(i + 1) % rows][j] + s[i][(j + 1) % cols]) / (rows * cols) / len(chain)
            orders.append(order)
            energies.append(energy)
        row = []
        for each in (orders, energies):
            mean = sum(each) / len(each)
            row += [mean, math.sqrt(sum((x - mean) ** 2 for x in each) / (len(each) - 1) / len(each))]
        table.append(row)
    return np.array(table)

# %% right="7.3"
import scipy.stats

def phase_curve(draw, temperatures):  # all temperatures at once
    s = np.stack([np.asarray(draw(T)) for T in temperatures]).astype(float)
    near = sum(np.roll(s, d, k) for d in (1, -1) for k in (3, 4))
    series = np.stack([np.abs(s.mean((3, 4))), -(s * near).mean((3, 4)) / 2], axis=1).mean(3)
    error = scipy.stats.sem(np.asarray(series, float), axis=2)
    return np.stack([series.mean(2), error], axis=2).reshape(len(temperatures), 4)

# %% wrong="7.4" says="transpose"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in range(states.shape[1]):
        after = states[:, None, i]
        if i in group:
            matrix *= np.where(after == 1, p_up[None, :, i], 1 - p_up[None, :, i])
        else:
            matrix *= after == states[None, :, i]
    return matrix

# %% wrong="7.4" says="becomes -1 with probability"
def transition_matrix(states, p_up, group):
    return gibbs.transition_matrix(-states, p_up, group)

# %% wrong="7.4" says="p_up[a]"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in range(states.shape[1]):
        after = states[None, :, i]
        if i in group:
            matrix *= np.where(after == 1, p_up[None, :, i], 1 - p_up[None, :, i])
        else:
            matrix *= after == states[:, None, i]
    return matrix

# %% wrong="7.4" says="outside the group must stay"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in range(states.shape[1]):
        matrix *= np.where(states[None, :, i] == 1, p_up[:, None, i], 1 - p_up[:, None, i])
    return matrix

# %% wrong="7.4" says="not one after the other"
def transition_matrix(states, p_up, group):
    matrix = np.eye(len(states))
    for k in group:
        one = np.ones((len(states), len(states)))
        for i in range(states.shape[1]):
            after = states[None, :, i]
            drawn = np.where(after == 1, p_up[:, None, k], 1 - p_up[:, None, k])
            one *= drawn if i == k else after == states[:, None, i]
        matrix = matrix @ one
    return matrix

# %% wrong="7.4" says="must be equal before and after"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in group:
        matrix *= np.where(states[None, :, i] == 1, p_up[:, None, i], 1 - p_up[:, None, i])
    return matrix

# %% right="7.4"
def transition_matrix(states, p_up, group):
    n_states, n = states.shape
    matrix = np.zeros((n_states, n_states))
    for a in range(n_states):
        for b in range(n_states):
            p = 1.0
            for i in range(n):
                if i in group:
                    p *= p_up[a, i] if states[b, i] == 1 else 1 - p_up[a, i]
                elif states[a, i] != states[b, i]:
                    p = 0.0
            matrix[a, b] = p
    return matrix

# %% right="7.4"
def transition_matrix(states, p_up, group):
    up = (states + 1) / 2
    kept = [i for i in range(states.shape[1]) if i not in group]
    drawn = up[None] * p_up[:, None] + (1 - up[None]) * (1 - p_up[:, None])
    return drawn[..., list(group)].prod(-1) * (up[None] == up[:, None])[..., kept].all(-1)

# %% wrong="7.5" says="m without its absolute value"
def order_and_binder(m):
    return m.mean(), 1 - (m**4).mean() / (3 * (m**2).mean() ** 2)

# %% wrong="7.5" says="before the average, not after"
def order_and_binder(m):
    return abs(m.mean()), 1 - (m**4).mean() / (3 * (m**2).mean() ** 2)

# %% wrong="7.5" says="Each chain's mean"
def order_and_binder(m):
    return np.abs(m.mean(axis=1)).mean(), 1 - (m**4).mean() / (3 * (m**2).mean() ** 2)

# %% wrong="7.5" says="root of"
def order_and_binder(m):
    return np.sqrt((m**2).mean()), 1 - (m**4).mean() / (3 * (m**2).mean() ** 2)

# %% wrong="7.5" says="The 3 is missing"
def order_and_binder(m):
    return np.abs(m).mean(), 1 - (m**4).mean() / (m**2).mean() ** 2

# %% wrong="7.5" says="1 minus this"
def order_and_binder(m):
    return np.abs(m).mean(), (m**4).mean() / (3 * (m**2).mean() ** 2)

# %% wrong="7.5" says="square belongs to the average"
def order_and_binder(m):
    return np.abs(m).mean(), 1 - (m**4).mean() / (3 * ((m**2) ** 2).mean())

# %% wrong="7.5" says="not squared"
def order_and_binder(m):
    return np.abs(m).mean(), 1 - (m**4).mean() / (3 * (m**2).mean())

# %% wrong="7.5" says="must not be subtracted"
def order_and_binder(m):
    d = m - m.mean()
    return np.abs(m).mean(), 1 - (d**4).mean() / (3 * (d**2).mean() ** 2)

# %% wrong="7.5" says="One ratio for each chain"
def order_and_binder(m):
    return np.abs(m).mean(), (1 - (m**4).mean(1) / (3 * (m**2).mean(1) ** 2)).mean()

# %% wrong="7.5" says="returned 1 value"
def order_and_binder(m):
    return (np.abs(m).mean(),)

# %% right="7.5"
def order_and_binder(m):
    m = np.abs(np.asarray(m).ravel())
    second, fourth = np.mean(m * m), np.mean(m * m * m * m)
    return float(m.sum() / m.size), float((3 * second**2 - fourth) / (3 * second**2))

# %% right="7.5"
def order_and_binder(m):
    return observables.magnetisation(np.abs(m)), observables.binder_cumulant(m, axis=(0, 1))

# %% equivalent="7.1" because="a sum does not depend on its order, i + j and i - j are even together, and a random number never hits P exactly"
# drawn = np.where(uniform < p_up, 1, -1)  ->  drawn = np.where(uniform <= p_up, 1, -1)
# above, below = (np.roll(spins, 1, axis=0), np.roll(spins, -1, axis=0))  ->  above, below = (np.roll(spins, -1, axis=0), np.roll(spins, 1, axis=0))
# left, right = (np.roll(spins, 1, axis=1), np.roll(spins, -1, axis=1))  ->  left, right = (np.roll(spins, -1, axis=1), np.roll(spins, 1, axis=1))
# black = (i + j) % 2 == 0  ->  black = (i - j) % 2 == 0

# %% equivalent="7.2" because="i + j and i - j are even together, and either colour may be drawn first"
# colour = (k // size + k % size) % 2  ->  colour = (k // size - k % size) % 2

# %% equivalent="7.3" because="neighbours above and on the left give the same bonds, and a mean over all axes does not depend on their order"
# below, right = (np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3))  ->  below, right = (np.roll(spins, -1, axis=3), np.roll(spins, -1, axis=2))
# below, right = (np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3))  ->  below, right = (np.roll(spins, 1, axis=2), np.roll(spins, -1, axis=3))
# below, right = (np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3))  ->  below, right = (np.roll(spins, -1, axis=2), np.roll(spins, 1, axis=3))
# m = np.abs(spins.mean(axis=(2, 3)))  ->  m = np.abs(spins.mean(axis=(3, 2)))
# energy = -(spins * (below + right)).mean(axis=(2, 3))  ->  energy = -(spins * (below + right)).mean(axis=(3, 2))
# energy = -(spins * (below + right)).mean(axis=(2, 3))  ->  energy = -(spins * (below + right)).mean(axis=(1, 3))
