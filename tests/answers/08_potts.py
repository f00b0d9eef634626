# Wrong answers that each check of lesson 08 must reject, naming the cause, and other right answers that it must accept.


# %% wrong="8.1" says="drawn at once"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (np.ones(colours.shape, bool),):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="White was drawn first"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (~black, black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="Only the black"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black,):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="these are stripes"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape)[0] % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="does not end at 1"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights, axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="np.cumsum is missing"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        p = gibbs.potts_conditional(colours, beta, q)
        drawn = np.minimum((uniform[..., None] >= p).sum(-1), q - 1)
        colours = np.where(block, drawn, colours)
    return colours


# %% wrong="8.1" says="not the likeliest"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, weights.argmax(-1), colours)
    return colours


# %% wrong="8.1" says="one too high"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, 1 + (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="begins with colour 0"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        p = gibbs.potts_conditional(colours, beta, q)[..., ::-1]
        drawn = (uniform[..., None] >= np.cumsum(p, -1)[..., :-1]).sum(-1)
        colours = np.where(block, q - 1 - drawn, colours)
    return colours


# %% wrong="8.1" says="β is missing"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="factor 2 belongs to Ising"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(2 * beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="The sign is wrong"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(-beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="leaves them open"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        rim = np.pad(colours.astype(int), 1, constant_values=-1)
        beside = (rim[:-2, 1:-1], rim[2:, 1:-1], rim[1:-1, :-2], rim[1:-1, 2:])
        same = sum(s[..., None] == np.arange(q) for s in beside)
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="also where some of them do not occur"
def potts_sweep(colours, beta, q, uniform):
    q = int(colours.max()) + 1
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * same)
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="do not ask whether there is any"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = np.exp(beta * (same > 0))
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="not n_k itself"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        same = sum(np.roll(colours, step, axis)[..., None] == np.arange(q) for axis in (0, 1) for step in (1, -1))
        weights = same + 0.0
        marks = np.cumsum(weights / weights.sum(-1, keepdims=True), axis=-1)
        colours = np.where(block, (uniform[..., None] >= marks[..., :-1]).sum(-1), colours)
    return colours


# %% wrong="8.1" says="These are probabilities"
def potts_sweep(colours, beta, q, uniform):
    return gibbs.potts_conditional(colours, beta, q)


# %% wrong="8.1" says="wrote into its argument"
def potts_sweep(colours, beta, q, uniform):
    black = np.indices(colours.shape).sum(0) % 2 == 0
    for block in (black, ~black):
        marks = np.cumsum(gibbs.potts_conditional(colours, beta, q), -1)
        colours[block] = (uniform[..., None] >= marks[..., :-1]).sum(-1)[block]
    return colours


# %% right="8.1"
def potts_sweep(colours, beta, q, uniform):
    new = [[int(s) for s in row] for row in colours]
    rows, cols = colours.shape
    for parity in (0, 1):
        for a in range(rows):
            for b in range(cols):
                if (a + b) % 2 == parity:
                    beside = [new[a - 1][b], new[(a + 1) % rows][b], new[a][b - 1], new[a][(b + 1) % cols]]
                    weight = [math.exp(beta * beside.count(k)) for k in range(q)]
                    dart, k = uniform[a, b] * sum(weight), 0
                    while dart > weight[k]:
                        dart -= weight[k]
                        k += 1
                    new[a][b] = k
    return new


# %% right="8.1"
def potts_sweep(colours, beta, q, uniform):
    colours = jnp.asarray(colours)
    i, j = jnp.indices(colours.shape)
    for parity in (0, 1):
        hot = jax.nn.one_hot(colours, q)
        pull = jnp.roll(hot, 1, 0) + jnp.roll(hot, -1, 0) + jnp.roll(hot, 1, 1) + jnp.roll(hot, -1, 1)
        marks = jnp.cumsum(jax.nn.softmax(beta * pull, axis=-1), axis=-1)
        drawn = (jnp.asarray(uniform)[..., None] > marks[..., :-1]).sum(-1)
        colours = jnp.where((i + j) % 2 == parity, drawn, colours)
    return colours


# %% right="8.1"
def potts_sweep(colours, beta, q, uniform):
    new = colours.copy()
    for parity in (0, 1):
        p = gibbs.potts_conditional(new, beta, q)
        for a, b in np.argwhere(np.indices(new.shape).sum(0) % 2 == parity):
            new[a, b] = np.searchsorted(np.cumsum(p[a, b])[:-1], uniform[a, b])
    return new


# %% wrong="8.2" says="share ρ itself"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(share.mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="division by q - 1"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append((q * share - 1).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="colour 0 only"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)])[0]
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="its own most frequent colour"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = (s == np.bincount(s.ravel(), minlength=q).argmax()).mean((2, 3))
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="it is that of a chain"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((1, 2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="The last colour, q - 1, is left out"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q - 1)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="True + True is True"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)) + (s == np.roll(s, 1, 3))).mean((2, 3)))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="and it is random minus aligned"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[0].mean() - e[1].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="which is lost here"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], abs(e[0].mean() - e[1].mean()), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="Each bond is counted twice"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-2 * ((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="along the columns are missing"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="The axes are wrong"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 0)).mean((2, 3)) + (s == np.roll(s, 1, 1)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="leaves them open"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(
                -((s[:, :, 1:] == s[:, :, :-1]).sum((2, 3)) + (s[..., 1:] == s[..., :-1]).sum((2, 3))) / s[0, 0].size
            )
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="count chains, not samples"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.std(ddof=1) / np.sqrt(x.size) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="add in squares"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), sum(errors)])
    return np.array(rows)


# %% wrong="8.2" says="Use ddof=1"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std() / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="divided by √chains"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="The two starts are exchanged"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("random", "aligned"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="not β"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(1 / T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows)


# %% wrong="8.2" says="A row of four numbers"
def compare_starts(draw, temperatures, q):
    rows = []
    for T in temperatures:
        m, e = [], []
        for start in ("aligned", "random"):
            s = np.asarray(draw(T, start))
            share = np.stack([(s == k).mean((2, 3)) for k in range(q)]).max(0)
            m.append(((q * share - 1) / (q - 1)).mean())
            e.append(-((s == np.roll(s, 1, 2)).mean((2, 3)) + (s == np.roll(s, 1, 3)).mean((2, 3))))
        errors = [x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in e]
        rows.append([m[0], m[1], e[1].mean() - e[0].mean(), np.hypot(*errors)])
    return np.array(rows).T[:3]


# %% right="8.2"
def compare_starts(draw, temperatures, q):
    return gibbs.compare_starts(draw, temperatures, q)


# %% right="8.2"
def compare_starts(draw, temperatures, q):
    def one(T, start):
        orders, energies = [], []
        for chain in np.asarray(draw(T, start), int):
            of_chain = []
            for s in chain:
                largest = max(int((s == k).sum()) for k in range(q)) / s.size
                orders.append(largest - (1 - largest) / (q - 1))
                of_chain.append(-sum(int((s == np.roll(s, -1, axis)).sum()) for axis in (0, 1)) / s.size)
            energies.append(sum(of_chain) / len(of_chain))
        return sum(orders) / len(orders), np.mean(energies), np.var(energies, ddof=1) / len(energies)

    table = []
    for T in temperatures:
        (a, cold, x), (b, hot, y) = one(T, "aligned"), one(T, "random")
        table.append((a, b, hot - cold, (x + y) ** 0.5))
    return table


# %% right="8.2"
def compare_starts(draw, temperatures, q):
    columns = np.zeros((4, len(temperatures)))
    for at, T in enumerate(temperatures):
        for column, start in enumerate(["aligned", "random"]):
            s = jnp.asarray(draw(T, start)).astype(int)
            ρ = (s[..., None] == jnp.arange(q)).mean((2, 3)).max(-1)
            columns[column, at] = (q * ρ.mean() - 1) / (q - 1)
            e = -((s == jnp.roll(s, 1, 2)).astype(float) + (s == jnp.roll(s, 1, 3)).astype(float)).mean((2, 3))
            mean, error = ob.mean_and_error(e)
            columns[2, at] += mean if start == "random" else -mean
            columns[3, at] = np.hypot(columns[3, at], error)
    return columns.T


# %% wrong="8.3" says="N times that per spin"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="The sign of the weights is wrong"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="turned round to suit"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share > 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="runs to the end of the range"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share > 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="Samples are counted"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = below.mean()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    shift, w = 0.0, np.ones(len(energy))
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="counted twice"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -2 * shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="not of its side"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * np.sqrt(n_spins) * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="1/2 of the whole"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w[~below].sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="energies are exchanged"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[~below], weights=w[~below]), np.average(energy[below], weights=w[below])


# %% wrong="8.3" says="exactly on the cut is not below"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy <= cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="weighted too"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, energy[below].mean(), energy[~below].mean()


# %% wrong="8.3" says="not by that of all samples"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, (w * energy)[below].sum() / w.sum(), (w * energy)[~below].sum() / w.sum()


# %% wrong="8.3" says="return the two energies"
def balance(energy, n_spins, cut):
    shift, low, high = ob.balance(energy, n_spins, cut)
    return shift, high - low, high


# %% wrong="8.3" says="Does exp overflow"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(60):
        shift = (low + high) / 2
        w = np.exp(-shift * n_spins * energy)
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, (w * energy)[below].sum() / w[below].sum(), (w * energy)[~below].sum() / w[~below].sum()


# %% wrong="8.3" says="repeated until the shift no longer moves"
def balance(energy, n_spins, cut):
    low, high, below = -0.1, 0.1, energy < cut
    for _ in range(5):
        shift = (low + high) / 2
        x = -shift * n_spins * energy
        w = np.exp(x - x.max())
        share = w[below].sum() / w.sum()
        low, high = (shift, high) if share < 0.5 else (low, shift)
    return shift, np.average(energy[below], weights=w[below]), np.average(energy[~below], weights=w[~below])


# %% wrong="8.3" says="expected 3 values"
def balance(energy, n_spins, cut):
    return ob.balance(energy, n_spins, cut)[0]


# %% right="8.3"
def balance(energy, n_spins, cut):
    return ob.balance(energy, n_spins, cut)


# %% right="8.3"
def balance(energy, n_spins, cut):
    from scipy.optimize import brentq

    def log_odds(shift):
        logs = -shift * n_spins * energy
        return np.logaddexp.reduce(logs[energy < cut]) - np.logaddexp.reduce(logs[energy >= cut])

    shift = brentq(log_odds, -0.1, 0.1)
    means = []
    for part in (energy[energy < cut], energy[energy >= cut]):
        logs = -shift * n_spins * part
        means.append(np.average(part, weights=np.exp(logs - logs.max())))
    return np.array([shift, *means])


# %% right="8.3"
def balance(energy, n_spins, cut):
    step, shift = 0.1, 0.0
    while True:
        top = max(-shift * n_spins * x for x in energy)
        sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
        for x in energy:
            w = math.exp(-shift * n_spins * x - top)
            sums[bool(x < cut)][0] += w
            sums[bool(x < cut)][1] += w * x
        (a, u), (b, v) = sums[True], sums[False]
        if step < 1e-12:
            return shift, u / a, v / b
        step /= 2
        shift += step if a < b else -step


# %% wrong="8.4" says="β is missing"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="use active_flags"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, (colours,) in zip(interactions, states, strict=True):
            pull += bond.coupling * (colours[..., None] == jnp.arange(self.q)).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="The sign is wrong"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        energy = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            energy -= bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * energy).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="The coupling is not used"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0
        for active, (colours,) in zip(active_flags, states, strict=True):
            pull += ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="counted twice"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += 2 * bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="Only the first interaction"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        same = (states[0][0][..., None] == jnp.arange(self.q)) & active_flags[0][..., None]
        pull = interactions[0].coupling * same.sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="that is their mean"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).mean(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="most probable one"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return pull.argmax(-1).astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="THRML wants output_sd.dtype"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull), sampler_state


# %% wrong="8.4" says="Use the key"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        drawn = jax.random.categorical(jax.random.key(0), self.beta * pull)
        return drawn.astype(output_sd.dtype), sampler_state


# %% wrong="8.4" says="Hand sampler_state back"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), 0


# %% wrong="8.4" says="expected 2 values"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype)


# %% right="8.4"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        weights = []
        for k in range(self.q):
            terms = zip(interactions, active_flags, states, strict=True)
            pull = sum(bond.coupling * (active & (s[0] == k)).sum(1) for bond, active, s in terms)
            weights.append(jnp.exp(self.beta * pull))
        steps = jnp.cumsum(jnp.stack(weights), axis=0)
        height = jax.random.uniform(key, output_sd.shape) * steps[-1]
        return (height >= steps[:-1]).sum(0).astype(output_sd.dtype), sampler_state


# %% right="8.4"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        energy = jnp.zeros((*output_sd.shape, self.q))
        for bond, active, beside in zip(interactions, active_flags, states, strict=True):
            energy -= jnp.einsum("nk,nkq->nq", bond.coupling * active, jax.nn.one_hot(beside[0], self.q))
        noise = jax.random.gumbel(key, energy.shape)
        return jnp.argmax(noise - self.beta * energy, axis=-1).astype(jnp.uint8), sampler_state


# %% wrong="8.4" says="Hand sampler_state back"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), None


# %% wrong="8.4" says="get those of one"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[:1, :, None] == jnp.arange(self.q)) & active[:1, :, None]).sum(1)
        return jax.random.categorical(key, self.beta * pull, shape=output_sd.shape).astype(
            output_sd.dtype
        ), sampler_state


# %% wrong="8.4" says="you gave it probabilities"
from thrml import AbstractConditionalSampler


class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, jax.nn.softmax(self.beta * pull)).astype(output_sd.dtype), sampler_state


# %% equivalent="8.4" because="the same number added to the pull of every colour changes no probability"
# pull = jnp.zeros((*output_sd.shape, self.q))  ->  pull = jnp.ones((*output_sd.shape, self.q))

# %% equivalent="8.4" because="the three lists always have one entry for each interaction"
# for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):  ->  for bond, active, (colours,) in zip(interactions, active_flags, states):
# for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):  ->  for bond, active, (colours,) in zip(interactions, active_flags, states, strict=False):


# %% equivalent="8.1" because="the parity of i - j is that of i + j"
# black = (i + j) % 2 == 0  ->  black = (i - j) % 2 == 0

# %% equivalent="8.1" because="a sum of four neighbours does not depend on their order"
# above, below = (np.roll(mine, 1, axis=0), np.roll(mine, -1, axis=0))  ->  above, below = (np.roll(mine, -1, axis=0), np.roll(mine, 1, axis=0))
# left, right = (np.roll(mine, 1, axis=1), np.roll(mine, -1, axis=1))  ->  left, right = (np.roll(mine, -1, axis=1), np.roll(mine, 1, axis=1))

# %% equivalent="8.1" because="a random number of 53 bits does not fall exactly on a mark"
# drawn = (uniform * marks[-1] >= marks).sum(axis=0)  ->  drawn = (uniform * marks[-1] > marks).sum(axis=0)

# %% equivalent="8.2" because="each bond of the torus is there once, whichever neighbour on an axis a spin is compared with, and in any order"
# below, right = (np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3))  ->  below, right = (np.roll(spins, -1, axis=3), np.roll(spins, -1, axis=2))
# below, right = (np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3))  ->  below, right = (np.roll(spins, 1, axis=2), np.roll(spins, -1, axis=3))
# below, right = (np.roll(spins, -1, axis=2), np.roll(spins, -1, axis=3))  ->  below, right = (np.roll(spins, -1, axis=2), np.roll(spins, 1, axis=3))

# %% equivalent="8.2" because="a mean over two axes does not depend on their order"
# energy = -(spins == below).mean(axis=(2, 3)) - (spins == right).mean(axis=(2, 3))  ->  energy = -(spins == below).mean(axis=(2, 3)) - (spins == right).mean(axis=(3, 2))
# energy = -(spins == below).mean(axis=(2, 3)) - (spins == right).mean(axis=(2, 3))  ->  energy = -(spins == below).mean(axis=(3, 2)) - (spins == right).mean(axis=(2, 3))
# largest = np.max([(spins == k).mean(axis=(2, 3)) for k in range(q)], axis=0)  ->  largest = np.max([(spins == k).mean(axis=(3, 2)) for k in range(q)], axis=0)

# %% equivalent="8.3" because="49 halvings leave a range of 4e-16, far below what the answer is compared to"
# for _ in range(50):  ->  for _ in range(50 - 1):
# for _ in range(50):  ->  for _ in range(51):
# for _ in range(50):  ->  for _ in range(49):

# %% equivalent="8.3" because="another range that holds the answer leads to the same"
# low, high = (-0.1, 0.1)  ->  low, high = (-0.1, 0.2)
# low, high = (-0.1, 0.1)  ->  low, high = (-0.1, 0.05)
# low, high = (-0.1, 0.1)  ->  low, high = (-0.1, 1.0)
# low, high = (-0.1, 0.1)  ->  low, high = (-0.2, 0.1)
# low, high = (-0.1, 0.1)  ->  low, high = (-0.05, 0.1)
# low, high = (-0.1, 0.1)  ->  low, high = (-1.0, 0.1)

# %% equivalent="8.3" because="only the heavier phase overflows, and the steps that this forces are the right ones: a share of 0, or of nan, which is not below one half"
# weight = np.exp(exponent - exponent.max())  ->  weight = np.exp(exponent - exponent.min())

# %% equivalent="8.3" because="a share of exactly one half is as far from the answer as its neighbours, and the next halvings come back to it"
# if weight[ordered].sum() < 0.5:  ->  if weight[ordered].sum() <= 0.5:
