# Wrong answers that each check of lesson 10 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="10.1" says="biases are missing"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds], []), blocks

# %% wrong="10.1" says="edges are missing from the list"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [fields], []), blocks

# %% wrong="10.1" says="count twice: each edge"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], 2 * weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="count twice: each edge"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    both = [(i, j) for i, j in graph.edges] + [(j, i) for i, j in graph.edges]
    heads, tails = (Block([nodes[pair[side]] for pair in both]) for side in (0, 1))
    bonds = SpinEBMFactor([heads, tails], jnp.concatenate([weights, weights]))
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="sign of the weights"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], -weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="sign of the biases"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], -biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="Both signs are wrong"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], -weights)
    fields = SpinEBMFactor([Block(nodes)], -biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="weight 1"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], jnp.ones(len(weights)))
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="the same weight"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], jnp.full(len(weights), weights[0]))
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="biases count twice"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], 2 * biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="drawn like the others"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if True:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="drawn at once"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block(groups[colour]) for colour in sorted(groups)]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec([tuple(blocks)], held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="drawn at once"
def graph_program(graph, nodes, weights, biases, clamped=()):
    groups = {}
    for k, colour in nx.greedy_color(graph, "DSATUR").items():
        if k not in clamped:
            groups.setdefault(colour, []).append(nodes[k])
    blocks = [Block([node for group in groups.values() for node in group])]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    bonds = SpinEBMFactor([heads, tails], weights)
    fields = SpinEBMFactor([Block(nodes)], biases)
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, [bonds, fields], []), blocks

# %% wrong="10.1" says="in no block"
def graph_program(graph, nodes, weights, biases, clamped=()):
    colours = nx.greedy_color(graph, "DSATUR")
    groups = [[nodes[k] for k in colours if colours[k] == c and k not in clamped] for c in set(colours.values())]
    blocks = [Block(group) for group in groups if group]
    held = []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    factors = [SpinEBMFactor([heads, tails], weights), SpinEBMFactor([Block(nodes)], biases)]
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, factors, []), blocks

# %% wrong="10.1" says="a block is empty"
def graph_program(graph, nodes, weights, biases, clamped=()):
    colours = nx.greedy_color(graph, "DSATUR")
    groups = [[nodes[k] for k in colours if colours[k] == c and k not in clamped] for c in set(colours.values())]
    blocks = [Block(group) for group in groups]
    held = [Block([nodes[k] for k in clamped])] if len(clamped) else []
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    factors = [SpinEBMFactor([heads, tails], weights), SpinEBMFactor([Block(nodes)], biases)]
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, factors, []), blocks

# %% wrong="10.1" says="a block is empty"
def graph_program(graph, nodes, weights, biases, clamped=()):
    colours = nx.greedy_color(graph, "DSATUR")
    groups = [[nodes[k] for k in colours if colours[k] == c and k not in clamped] for c in set(colours.values())]
    blocks = [Block(group) for group in groups if group]
    held = [Block([nodes[k] for k in clamped])]
    heads = Block([nodes[i] for i, j in graph.edges])
    tails = Block([nodes[j] for i, j in graph.edges])
    factors = [SpinEBMFactor([heads, tails], weights), SpinEBMFactor([Block(nodes)], biases)]
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(BlockGibbsSpec(blocks, held), samplers, factors, []), blocks

# %% right="10.1"
def graph_program(graph, nodes, weights, biases, clamped=()):
    from thrml.models import IsingEBM, IsingSamplingProgram
    free = [k for k in range(len(graph)) if k not in set(clamped)]
    colour = nx.greedy_color(graph, strategy="largest_first")
    blocks = []
    for c in range(1 + max(colour.values())):
        members = [nodes[k] for k in free if colour[k] == c]
        if members:
            blocks.append(Block(members))
    model = IsingEBM(list(nodes), [(nodes[i], nodes[j]) for i, j in graph.edges], biases, weights, jnp.array(1.0))
    held = [Block([nodes[k] for k in clamped])] if clamped else []
    return IsingSamplingProgram(model, blocks, held), blocks

# %% right="10.1"
def graph_program(graph, nodes, weights, biases, clamped=()):
    held = list(clamped)
    colours = nx.greedy_color(graph.subgraph(set(graph) - set(held)), "DSATUR")
    blocks = [Block([nodes[k] for k in colours if colours[k] == c]) for c in sorted(set(colours.values()))]
    ends = np.array(list(graph.edges))
    factors = [SpinEBMFactor([Block(nodes)], biases)]
    for e, (i, j) in enumerate(ends):
        factors.append(SpinEBMFactor([Block([nodes[i]]), Block([nodes[j]])], weights[e : e + 1]))
    spec = BlockGibbsSpec(blocks, [Block([nodes[k] for k in held])] if held else [])
    return FactorSamplingProgram(spec, [SpinGibbsConditional()] * len(blocks), factors, []), blocks

# %% right="10.1"
def graph_program(graph, nodes, weights, biases, clamped=()):
    blocks = []
    for k in range(len(nodes)):  # a greedy colouring by hand
        if k in clamped:
            continue
        for block in blocks:
            if not any(graph.has_edge(k, other) for other in block):
                block.append(k)
                break
        else:
            blocks.append([k])
    blocks = [Block([nodes[k] for k in block]) for block in blocks]
    i, j = zip(*graph.edges)
    pairs = SpinEBMFactor([Block([nodes[k] for k in i]), Block([nodes[k] for k in j])], weights)
    spec = BlockGibbsSpec(blocks, [Block([nodes[k]]) for k in clamped])
    samplers = [SpinGibbsConditional() for _ in blocks]
    return FactorSamplingProgram(spec, samplers, [SpinEBMFactor([Block(nodes)], biases), pairs], []), blocks

# %% wrong="10.2" says="log Z is missing"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures

# %% wrong="10.2" says="wrong sign: subtract"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures + log_z

# %% wrong="10.2" says="This is -log p"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return log_z - of_pictures

# %% wrong="10.2" says="not their mean"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return (of_pictures - log_z).mean()

# %% wrong="10.2" says="This is p"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return np.exp(of_pictures - log_z)

# %% wrong="10.2" says="the 2 is missing, in both"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.log(np.cosh(x))

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures - log_z

# %% wrong="10.2" says="not 0 and 1"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(0, x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures - log_z

# %% wrong="10.2" says="v·a is missing"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures - log_z

# %% wrong="10.2" says="h·b is missing"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures - log_z

# %% wrong="10.2" says="b is missing in the field"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures - log_z

# %% wrong="10.2" says="a is missing in the field"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden)
    return of_pictures - log_z

# %% wrong="10.2" says="not their logarithms"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = of_hidden.sum()
    return of_pictures - log_z

# %% wrong="10.2" says="not the largest"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = of_hidden.max()
    return of_pictures - log_z

# %% wrong="10.2" says="the pictures at hand"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_pictures)
    return of_pictures - log_z

# %% wrong="10.2" says="the sum"
def log_likelihood(v, W, a, b):
    def unit(x):
        return np.logaddexp(x, -x)

    of_pictures = v @ a + unit(v @ W + b).sum(axis=1)
    h = exact.ising_states(len(b))
    of_hidden = h @ b + unit(h @ W.T + a).sum(axis=1)
    log_z = np.logaddexp.reduce(of_hidden) - np.log(len(h))
    return of_pictures - log_z

# %% wrong="10.2" says="overflows"
def log_likelihood(v, W, a, b):
    h = exact.ising_states(len(b))
    up = np.exp(v @ a) * (2 * np.cosh(v @ W + b)).prod(axis=1)
    z = (np.exp(h @ b) * (2 * np.cosh(h @ W.T + a)).prod(axis=1)).sum()
    return np.log(up / z)

# %% wrong="10.2" says="The fields have biases"
def log_likelihood(v, W, a, b):
    h = exact.ising_states(len(b))
    up, down = v @ W, h @ W.T
    of_hidden = h @ b + np.logaddexp(down, -down).sum(axis=1)
    return v @ a + np.logaddexp(up, -up).sum(axis=1) - np.logaddexp.reduce(of_hidden)

# %% wrong="10.2" says="over its hidden units, axis=1"
def log_likelihood(v, W, a, b):
    h = exact.ising_states(len(b))
    up, down = v @ W + b, h @ W.T + a
    of_hidden = h @ b + np.logaddexp(down, -down).sum(axis=1)
    return v @ a + np.logaddexp(up, -up).sum() - np.logaddexp.reduce(of_hidden)

# %% right="10.2"
def log_likelihood(v, W, a, b):
    h = exact.ising_states(len(b)).astype(float)
    joint = v @ a
    joint = joint[:, None] + (h @ b)[None, :] + v @ W @ h.T
    fields = h @ W.T + a
    log_z = np.logaddexp.reduce(h @ b + (abs(fields) + np.log1p(np.exp(-2 * abs(fields)))).sum(1))
    return np.logaddexp.reduce(joint, axis=1) - log_z

# %% right="10.2"
def log_likelihood(v, W, a, b):
    return machines.Restricted(W, a, b).log_likelihood(v)

# %% right="10.2"
def log_likelihood(v, W, a, b):
    from scipy.special import logsumexp
    import itertools
    weights = []
    for h in itertools.product([-1, 1], repeat=len(b)):
        x = W @ np.array(h) + a
        weights.append(np.dot(h, b) + sum(np.logaddexp(t, -t) for t in x))
    log_z = logsumexp(weights)
    return np.array([row @ a + sum(np.logaddexp(t, -t) for t in row @ W + b) - log_z for row in v])

# %% wrong="10.3" says="sign is wrong"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = -learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="go on from where they are"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, batch)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="learning rate falls"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="counted from 0"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - (step + 1) / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="not a logistic function"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = 1 / (1 + np.exp(-batch @ W - b)), 1 / (1 + np.exp(-chains @ W - b))
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="not tanh(2x)"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(2 * (batch @ W + b)), np.tanh(2 * (chains @ W + b))
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="divide by their number"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down)
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="product of two means"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = np.outer(batch.mean(0), up.mean(0)) - np.outer(chains.mean(0), down.mean(0))
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="Only W is learnt"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a, b)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="b is not learnt"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="means of its own"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(batch @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="count from 1"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step, machine)
    return machine

# %% wrong="10.3" says="Nothing was shown"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        dW = (batch.T @ up - chains.T @ down) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = up.mean(axis=0) - down.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
    return machine

# %% wrong="10.3" says="machine of the start"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    start, W, a, b = machine, machine.weights, machine.visible, machine.hidden
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(start, chains)
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        rate = learning_rate * (1 - step / n_steps)
        W = W + rate * (batch.T @ up - chains.T @ down) / batch_size
        a = a + rate * (batch.mean(axis=0) - chains.mean(axis=0))
        b = b + rate * (up.mean(axis=0) - down.mean(axis=0))
        machine = machines.Restricted(W, a, b)
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="make W, a, b anew"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    W, a, b = machine.weights, machine.visible, machine.hidden
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        up, down = np.tanh(batch @ W + b), np.tanh(chains @ W + b)
        rate = learning_rate * (1 - step / n_steps)
        W += rate * (batch.T @ up - chains.T @ down) / batch_size
        a += rate * (batch.mean(axis=0) - chains.mean(axis=0))
        b += rate * (up.mean(axis=0) - down.mean(axis=0))
        machine = machines.Restricted(W.copy(), a.copy(), b.copy())
        look(step + 1, machine)
    return machine

# %% wrong="10.3" says="has its bias"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    chains = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch = data[rng.integers(len(data), size=batch_size)]
        chains = sweep(machine, chains)
        W, a, b = machine.weights, machine.visible, machine.hidden
        clamped, free = np.tanh(batch @ W), np.tanh(chains @ W)
        dW = (batch.T @ clamped - chains.T @ free) / batch_size
        da = batch.mean(axis=0) - chains.mean(axis=0)
        db = clamped.mean(axis=0) - free.mean(axis=0)
        rate = learning_rate * (1 - step / n_steps)
        machine = machines.Restricted(W + rate * dW, a + rate * da, b + rate * db)
        look(step + 1, machine)
    return machine

# %% right="10.3"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    return machines.train(machine, data, sweep, n_steps, rng, look, learning_rate, batch_size)

# %% right="10.3"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    def moments(m, v):
        h = np.tanh(v @ m.weights + m.hidden)
        return np.einsum("ni,nj->ij", v, h) / len(v), v.mean(0), h.mean(0)

    dream = data[rng.integers(len(data), size=batch_size)]
    for step in range(n_steps):
        batch, rate = data[rng.integers(len(data), size=batch_size)], learning_rate * (n_steps - step) / n_steps
        dream = sweep(machine, dream)
        old = (machine.weights, machine.visible, machine.hidden)
        gaps = zip(old, moments(machine, batch), moments(machine, dream))
        machine = machines.Restricted(*(x + rate * (p - q) for x, p, q in gaps))
        look(step + 1, machine)
    return machine

# %% right="10.3"
def fit(machine, data, sweep, n_steps, rng, look, learning_rate=0.05, batch_size=100):
    W, a, b = machine.weights.copy(), machine.visible.copy(), machine.hidden.copy()
    free = data[rng.integers(len(data), size=batch_size)]
    step = 0
    while step < n_steps:
        held = data[rng.integers(len(data), size=batch_size)]
        free = sweep(machines.Restricted(W.copy(), a.copy(), b.copy()), free)
        rate = learning_rate - learning_rate * step / n_steps
        pairs = [(v, np.tanh(b + np.dot(v, W))) for v in (held, free)]
        for sign, (v, h) in zip((1, -1), pairs):
            W = W + sign * rate * v.T.dot(h) / batch_size
            a = a + sign * rate * np.mean(v, 0)
            b = b + sign * rate * np.mean(h, 0)
        step += 1
        look(step, machines.Restricted(W, a, b))
    return machines.Restricted(W, a, b)

# %% wrong="10.4" says="order of the program's blocks"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        bits = []
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                if node in self.block:
                    bits.append(value)
        number = sum(bit * 2**k for k, bit in enumerate(bits))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="lowest bit"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up[node] * 2**k for k, node in enumerate(self.block.nodes[::-1]))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="clamped node is watched too"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        up = {}
        for block, state in zip(program.gibbs_spec.free_blocks, state_free, strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up.get(node, 0) * 2**k for k, node in enumerate(self.block))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="yours writes a one"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up[node] * 2**k for k, node in enumerate(self.block))
        return carry.at[number].set(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="how many spins are up"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(1 * up[node] for node in self.block)
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="not that of k"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up[node] * k for k, node in enumerate(self.block))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="not -1 and +1"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum((2 * up[node].astype(int) - 1) * 2**k for k, node in enumerate(self.block))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="one that is down a 0"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum((1 - up[node]) * 2**k for k, node in enumerate(self.block))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="not from 2**1"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up[node] * 2 ** (k + 1) for k, node in enumerate(self.block))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="return the new carry"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up[node] * 2**k for k, node in enumerate(self.block))
        carry.at[number].add(1)
        return carry, None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="nothing to record here"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up[node] * 2**k for k, node in enumerate(self.block))
        return carry.at[number].add(1), number

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.4" says="keeps its shape and type"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        blocks = [*program.gibbs_spec.free_blocks, *program.gibbs_spec.clamped_blocks]
        up = {}
        for block, state in zip(blocks, [*state_free, *state_clamped], strict=True):
            for node, value in zip(block, state, strict=True):
                up[node] = value
        number = sum(up[node] * 2**k for k, node in enumerate(self.block))
        return 1.0 * carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% right="10.4"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        from thrml.block_management import block_state_to_global, from_global_state

        everything = block_state_to_global([*state_free, *state_clamped], program.gibbs_spec)
        (mine_,) = from_global_state(everything, program.gibbs_spec, [self.block])
        number = jnp.dot(mine_.astype(int), 2 ** jnp.arange(len(self.block)))
        return carry.at[number].add(1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% right="10.4"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        nodes = [n for b in (program.gibbs_spec.free_blocks + program.gibbs_spec.clamped_blocks) for n in b.nodes]
        values = jnp.concatenate(state_free + state_clamped)
        number = 0
        for node in reversed(self.block.nodes):
            number = 2 * number + values[nodes.index(node)]
        return carry + (jnp.arange(carry.size) == number), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% right="10.4"
from thrml import AbstractObserver


class Tally(AbstractObserver):
    block: Block

    def __call__(self, program, state_free, state_clamped, carry, iteration):
        number = jnp.array(0)
        for blocks, states in ((program.gibbs_spec.free_blocks, state_free), (program.gibbs_spec.clamped_blocks, state_clamped)):
            for block, state in zip(blocks, states):
                for place, node in enumerate(block):
                    if node in self.block.nodes:
                        number = jnp.where(state[place], number + 2 ** self.block.nodes.index(node), number)
        return carry.at[number].set(carry[number] + 1), None

    def init(self):
        return jnp.zeros(2 ** len(self.block), int)

# %% wrong="10.5" says="does not pull itself"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    s = start.copy()
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            if field != 0:
                s[i] = 1 if field > 0 else -1
    return s

# %% wrong="10.5" says="makes it +1"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            s[i] = 1 if field >= 0 else -1
    return s

# %% wrong="10.5" says="makes it -1"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            s[i] = 1 if field > 0 else -1
    return s

# %% wrong="10.5" says="makes it 0"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            s[i] = np.sign(field)
    return s

# %% wrong="10.5" says="Only one sweep"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(1):
        for i in range(len(s)):
            field = J[i] @ s
            if field != 0:
                s[i] = 1 if field > 0 else -1
    return s

# %% wrong="10.5" says="sign is wrong"
def recall(patterns, start, n_sweeps):
    J = -patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            if field != 0:
                s[i] = 1 if field > 0 else -1
    return s

# %% wrong="10.5" says="in their order"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        for i in reversed(range(len(s))):
            field = J[i] @ s
            if field != 0:
                s[i] = 1 if field > 0 else -1
    return s

# %% wrong="10.5" says="Only the first pattern"
def recall(patterns, start, n_sweeps):
    J = np.outer(patterns[0], patterns[0])
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            if field != 0:
                s[i] = 1 if field > 0 else -1
    return s

# %% wrong="10.5" says="wrote into its argument"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start
    for _ in range(n_sweeps):
        for i in range(len(s)):
            field = J[i] @ s
            if field != 0:
                s[i] = 1 if field > 0 else -1
    return s

# %% wrong="10.5" says="turned at once"
def recall(patterns, start, n_sweeps):
    J = patterns.T @ patterns
    np.fill_diagonal(J, 0)
    s = start.copy()
    for _ in range(n_sweeps):
        field = J @ s
        s = np.where(field > 0, 1, np.where(field < 0, -1, s))
    return s

# %% right="10.5"
def recall(patterns, start, n_sweeps):
    s = np.array(start)
    overlaps = patterns @ s
    for _ in range(n_sweeps):
        for i in range(s.size):
            x = patterns[:, i]
            field = x @ (overlaps - x * s[i])
            new = s[i] if field == 0 else (1 if field > 0 else -1)
            overlaps = overlaps + x * (new - s[i])
            s[i] = new
    return s

# %% right="10.5"
def recall(patterns, start, n_sweeps):
    p, n = patterns.shape
    J = sum(np.outer(xi, xi) for xi in patterns) / n
    s = list(start)
    for k in range(n_sweeps * n):
        i = k % n
        field = round(sum(J[i, j] * s[j] for j in range(n) if j != i) * n)
        s[i] = int(np.sign(field)) or s[i]
    return np.array(s)
