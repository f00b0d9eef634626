# Wrong answers that each check of lesson 07 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="7.1" says="β is missing"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * (coupling * total + field))

# %% wrong="7.1" says="factor 2 is missing"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(beta * (coupling * total + field))

# %% wrong="7.1" says="counted twice"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * beta * (2 * coupling * total + 2 * field))

# %% wrong="7.1" says="The sign is wrong"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return 1 / (1 + jnp.exp(2 * beta * (coupling * total + field)))

# %% wrong="7.1" says="sign of the coupling"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * beta * (field - coupling * total))

# %% wrong="7.1" says="field h is not used"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * beta * coupling * total)

# %% wrong="7.1" says="J is not used"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * beta * (total + field))

# %% wrong="7.1" says="not h"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * beta * coupling * (total + field))

# %% wrong="7.1" says="two are missing"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = jnp.roll(spins, 1, 0) + jnp.roll(spins, 1, 1)
    return jax.nn.sigmoid(2 * beta * (coupling * total + field))

# %% wrong="7.1" says="edges open"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    rim = jnp.pad(spins, 1)
    total = rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]
    return jax.nn.sigmoid(2 * beta * (coupling * total + field))

# %% wrong="7.1" says="no neighbour of itself"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = spins + sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jax.nn.sigmoid(2 * beta * (coupling * total + field))

# %% wrong="7.1" says="not a probability"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    total = sum(jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))
    return jnp.tanh(beta * (coupling * total + field))

# %% wrong="7.1" says="expected (4, 6)"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    return jax.nn.sigmoid(2 * beta * (coupling * spins.sum() + field))

# %% right="7.1"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    spins = np.asarray(spins, float)
    rim = np.pad(spins, 1, mode="wrap")
    pull = coupling * (rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]) + field
    return np.exp(beta * pull) / (np.exp(beta * pull) + np.exp(-beta * pull))

# %% right="7.1"
def conditional_probability(spins, beta, coupling=1.0, field=0.0):
    rows, cols = spins.shape
    p = np.zeros((rows, cols))
    for a in range(rows):
        for b in range(cols):
            near = [spins[(a + 1) % rows, b], spins[a - 1, b], spins[a, (b + 1) % cols], spins[a, b - 1]]
            p[a, b] = (1 + math.tanh(beta * (coupling * sum(int(s) for s in near) + field))) / 2
    return p

# %% wrong="7.2" says="stripes: neighbours in a column"
def two_colours(rows, cols, periodic=True):
    if periodic and (rows % 2 or cols % 2):
        raise ValueError("odd")
    return np.indices((rows, cols))[1] % 2 == 0

# %% wrong="7.2" says="stripes: neighbours in a row"
def two_colours(rows, cols, periodic=True):
    if periodic and (rows % 2 or cols % 2):
        raise ValueError("odd")
    return np.indices((rows, cols))[0] % 2 == 1

# %% wrong="7.2" says="stripes"
def two_colours(rows, cols, periodic=True):
    if periodic and (rows % 2 or cols % 2):
        raise ValueError("odd")
    return (np.arange(rows * cols) % 2 == 0).reshape(rows, cols)

# %% wrong="7.2" says="All have one colour"
def two_colours(rows, cols, periodic=True):
    if periodic and (rows % 2 or cols % 2):
        raise ValueError("odd")
    return np.ones((rows, cols), bool)

# %% wrong="7.2" says="was accepted"
def two_colours(rows, cols, periodic=True):
    i, j = np.indices((rows, cols))
    return (i + j) % 2 == 0

# %% wrong="7.2" says="was accepted"
def two_colours(rows, cols, periodic=True):
    if periodic and rows % 2 and cols % 2:
        raise ValueError("odd")
    i, j = np.indices((rows, cols))
    return (i + j) % 2 == 0

# %% wrong="7.2" says="your code raised ValueError"
def two_colours(rows, cols, periodic=True):
    if rows % 2 or cols % 2:
        raise ValueError("odd")
    i, j = np.indices((rows, cols))
    return (i + j) % 2 == 0

# %% wrong="7.2" says="One entry for each spin"
def two_colours(rows, cols, periodic=True):
    if periodic and (rows % 2 or cols % 2):
        raise ValueError("odd")
    return [k for k in range(rows * cols) if (k // cols + k % cols) % 2 == 0]

# %% right="7.2"
def two_colours(rows, cols, periodic=True):
    if periodic and (rows % 2 == 1 or cols % 2 == 1):
        raise ValueError(f"a side of {rows} x {cols} is odd")
    return [[bool((a + b) % 2) for b in range(cols)] for a in range(rows)]

# %% right="7.2"
def two_colours(rows, cols, periodic=True):
    board = np.zeros((rows, cols), bool)
    board[::2, 1::2] = board[1::2, ::2] = True
    if periodic and ((board[0] == board[-1]).any() or (board[:, 0] == board[:, -1]).any()):
        raise ValueError("neighbours across a side are equal")
    return jnp.asarray(board)

# %% wrong="7.3" says="transpose"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in range(states.shape[1]):
        after = states[:, None, i]
        if i in group:
            matrix *= np.where(after == 1, p_up[None, :, i], 1 - p_up[None, :, i])
        else:
            matrix *= after == states[None, :, i]
    return matrix

# %% wrong="7.3" says="becomes -1 with probability"
def transition_matrix(states, p_up, group):
    return gibbs.transition_matrix(-states, p_up, group)

# %% wrong="7.3" says="p_up[a]"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in range(states.shape[1]):
        after = states[None, :, i]
        if i in group:
            matrix *= np.where(after == 1, p_up[None, :, i], 1 - p_up[None, :, i])
        else:
            matrix *= after == states[:, None, i]
    return matrix

# %% wrong="7.3" says="outside the group must stay"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in range(states.shape[1]):
        matrix *= np.where(states[None, :, i] == 1, p_up[:, None, i], 1 - p_up[:, None, i])
    return matrix

# %% wrong="7.3" says="not one after the other"
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

# %% wrong="7.3" says="must be equal before and after"
def transition_matrix(states, p_up, group):
    matrix = np.ones((len(states), len(states)))
    for i in group:
        matrix *= np.where(states[None, :, i] == 1, p_up[:, None, i], 1 - p_up[:, None, i])
    return matrix

# %% right="7.3"
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

# %% right="7.3"
def transition_matrix(states, p_up, group):
    up = (states + 1) / 2
    kept = [i for i in range(states.shape[1]) if i not in group]
    drawn = up[None] * p_up[:, None] + (1 - up[None]) * (1 - p_up[:, None])
    return drawn[..., list(group)].prod(-1) * (up[None] == up[:, None])[..., kept].all(-1)

# %% wrong="7.4" says="β is missing"
def ising_program(nodes, beta):
    program, blocks = gibbs.ising_program(nodes, 1.0)
    return program, blocks

# %% wrong="7.4" says="The weights are 2 β"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    first = gibbs.two_colours(size, size).ravel()
    blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), 2 * beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.4" says="each bond is there twice"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    first = gibbs.two_colours(size, size).ravel()
    blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]
    i, j = exact.bonds((size, size)).T
    i, j = np.concatenate([i, j]), np.concatenate([j, i])
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.4" says="β / 2"
def ising_program(nodes, beta):
    return gibbs.ising_program(nodes, beta / 2)

# %% wrong="7.4" says="The sign is wrong"
def ising_program(nodes, beta):
    return gibbs.ising_program(nodes, -beta)

# %% wrong="7.4" says="Both colours are drawn at once"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    first = gibbs.two_colours(size, size).ravel()
    blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    spec = BlockGibbsSpec([tuple(blocks)], [])
    return FactorSamplingProgram(spec, [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.4" says="One block for each colour"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    blocks = [Block(nodes)]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()], [factor], []), blocks

# %% wrong="7.4" says="colouring of Exercise 7.2"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    blocks = [Block(nodes[::2]), Block(nodes[1::2])]
    i, j = exact.bonds((size, size)).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.4" says="ends of the bonds"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    _, blocks = gibbs.ising_program(nodes, beta)
    i, j = exact.bonds((size, size), periodic=False).T
    factor = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], jnp.full(len(i), beta))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, [factor], []), blocks

# %% wrong="7.4" says="expected 2 values"
def ising_program(nodes, beta):
    return gibbs.ising_program(nodes, beta)[0]

# %% right="7.4"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    edges = [(nodes[i], nodes[j]) for i, j in exact.bonds((size, size))]
    ebm = IsingEBM(nodes, edges, jnp.zeros(len(nodes)), jnp.ones(len(edges)), jnp.array(beta))
    black = [n for k, n in enumerate(nodes) if (k // size + k % size) % 2]
    white = [n for k, n in enumerate(nodes) if (k // size + k % size) % 2 == 0]
    blocks = [Block(black), Block(white)]
    return IsingSamplingProgram(ebm, blocks, []), blocks

# %% right="7.4"
def ising_program(nodes, beta):
    size = math.isqrt(len(nodes))
    black = np.flatnonzero(two_colours(size, size))
    at = {int(k): nodes[k] for k in range(len(nodes))}
    blocks = [Block([at[int(k)] for k in black]), Block([n for k, n in at.items() if k not in black])]
    factors = []
    for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):  # from each black spin to its four neighbours
        other = [nodes[(k // size + di) % size * size + (k % size + dj) % size] for k in black]
        factors.append(SpinEBMFactor([blocks[0], Block(other)], beta * jnp.ones(len(black))))
    return FactorSamplingProgram(BlockGibbsSpec(blocks, []), [SpinGibbsConditional()] * 2, factors, []), blocks

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

# %% equivalent="7.1" because="a sum does not depend on its order"
# total = sum((jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)))  ->  total = sum((jnp.roll(spins, step, axis) for axis in (1, 0) for step in (1, -1)))
# total = sum((jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)))  ->  total = sum((jnp.roll(spins, step, axis) for axis in (0, 1) for step in (-1, 1)))

# %% equivalent="7.2" because="either colour may be the first; i + j and i - j are even together"
# return (i + j) % 2 == 0  ->  return (i + j) % 2 != 0
# return (i + j) % 2 == 0  ->  return (i + j) % 2 == 1
# return (i + j) % 2 == 0  ->  return (i - j) % 2 == 0

# %% equivalent="7.4" because="either colour may be drawn first; strict only guards the lengths, which are equal"
# blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]  ->  blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (False, True)]
# blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]  ->  blocks = [Block([n for n, f in zip(nodes, first) if f == c]) for c in (True, False)]
# blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]  ->  blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f != c]) for c in (True, False)]
# blocks = [Block([n for n, f in zip(nodes, first, strict=True) if f == c]) for c in (True, False)]  ->  blocks = [Block([n for n, f in zip(nodes, first, strict=False) if f == c]) for c in (True, False)]
