# Wrong answers that each check of lesson 12 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="12.1" says="compiles"
def race(first, second, repeats, clock=time.perf_counter):
    logs = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        logs.append(np.log((b - a) / (c - b)))
    ratio = np.exp(np.mean(logs))
    return ratio, ratio * np.std(logs, ddof=1) / np.sqrt(repeats)

# %% wrong="12.1" says="take turns"
def race(first, second, repeats, clock=time.perf_counter):
    def times(run):
        out = []
        for _ in range(repeats):
            began = clock()
            run()
            out.append(clock() - began)
        return np.array(out)
    first(), second()
    logs = np.log(times(first) / times(second))
    return np.exp(logs.mean()), np.exp(logs.mean()) * logs.std(ddof=1) / np.sqrt(repeats)

# %% wrong="12.1" says="other way round"
def race(first, second, repeats, clock=time.perf_counter):
    first(), second()
    logs = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        logs.append(np.log((c - b) / (b - a)))
    ratio = np.exp(np.mean(logs))
    return ratio, ratio * np.std(logs, ddof=1) / np.sqrt(repeats)

# %% wrong="12.1" says="logarithms"
def race(first, second, repeats, clock=time.perf_counter):
    first(), second()
    ratios = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        ratios.append((b - a) / (c - b))
    return np.mean(ratios), np.std(ratios, ddof=1) / np.sqrt(repeats)

# %% wrong="12.1" says="slow moments"
def race(first, second, repeats, clock=time.perf_counter):
    first(), second()
    times = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        times.append((b - a, c - b))
    times = np.array(times)
    logs = np.log(times[:, 0] / times[:, 1])
    return times[:, 0].sum() / times[:, 1].sum(), np.exp(logs.mean()) * logs.std(ddof=1) / np.sqrt(repeats)

# %% wrong="12.1" says="median"
def race(first, second, repeats, clock=time.perf_counter):
    first(), second()
    ratios = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        ratios.append((b - a) / (c - b))
    logs = np.log(ratios)
    return np.median(ratios), np.exp(logs.mean()) * logs.std(ddof=1) / np.sqrt(repeats)

# %% wrong="12.1" says="ddof=1"
def race(first, second, repeats, clock=time.perf_counter):
    first(), second()
    logs = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        logs.append(np.log((b - a) / (c - b)))
    ratio = np.exp(np.mean(logs))
    return ratio, ratio * np.std(logs) / np.sqrt(repeats)

# %% wrong="12.1" says="root of the number"
def race(first, second, repeats, clock=time.perf_counter):
    first(), second()
    logs = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        logs.append(np.log((b - a) / (c - b)))
    ratio = np.exp(np.mean(logs))
    return ratio, ratio * np.std(logs, ddof=1)

# %% wrong="12.1" says="error of the logarithm"
def race(first, second, repeats, clock=time.perf_counter):
    first(), second()
    logs = []
    for _ in range(repeats):
        a = clock()
        first()
        b = clock()
        second()
        c = clock()
        logs.append(np.log((b - a) / (c - b)))
    return np.exp(np.mean(logs)), np.std(logs, ddof=1) / np.sqrt(repeats)

# %% right="12.1"
def race(first, second, repeats, clock=time.perf_counter):
    def seconds(run):
        began = clock()
        run()
        return clock() - began
    seconds(first), seconds(second)
    logs = np.log([seconds(first) / seconds(second) for _ in range(repeats)])
    return np.exp(logs.mean()), np.exp(logs.mean()) * logs.std(ddof=1) / len(logs) ** 0.5

# %% right="12.1"
def race(first, second, repeats, clock=time.perf_counter):
    from scipy import stats
    times = np.empty((repeats + 1, 2))
    for row in times:
        for k, run in enumerate((first, second)):
            row[k] = -clock()
            run()
            row[k] += clock()
    ratios = times[1:, 0] / times[1:, 1]
    return stats.gmean(ratios), stats.gmean(ratios) * stats.sem(np.log(ratios))

# %% right="12.1"
def race(first, second, repeats, clock=time.perf_counter):
    second(), first()
    marks = [clock()]
    for _ in range(repeats):
        for run in (first, second):
            run()
            marks.append(clock())
    took = np.diff(marks).reshape(repeats, 2)
    logs = np.log(took[:, 0]) - np.log(took[:, 1])
    ratio = float(np.exp(logs.sum() / repeats))
    return ratio, ratio * float(np.sqrt(logs.var(ddof=1) / repeats))

# %% wrong="12.2" says="gives two words"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 73 * words + 20, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(computing, moving), operations / moved, moving < computing

# %% wrong="12.2" says="20 operations for neighbours"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 36.5 * words, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(computing, moving), operations / moved, moving < computing

# %% wrong="12.2" says="bytes move twice"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 36.5 * words + 20, size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(computing, moving), operations / moved, moving < computing

# %% wrong="12.2" says="smaller rate"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 36.5 * words + 20, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * max(computing, moving), operations / moved, moving < computing

# %% wrong="12.2" says="do not add up"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 36.5 * words + 20, 2 * size
    seconds = operations / peak + moved / bandwidth
    return lattices / seconds, operations / moved, bandwidth / moved < peak / operations

# %% wrong="12.2" says="multiply by their number"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 36.5 * words + 20, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return min(computing, moving), operations / moved, moving < computing

# %% wrong="12.2" says="operations over bytes"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 36.5 * words + 20, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(computing, moving), moved / operations, moving < computing

# %% wrong="12.2" says="other way round"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 36.5 * words + 20, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(computing, moving), operations / moved, moving > computing

# %% wrong="12.2" says="second of the pair"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 73 * np.ceil(words / 2) + 20, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(computing, moving), operations / moved, moving < computing

# %% wrong="12.2" says="do not multiply them"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = lattices * (73 * words / 2 + 20), 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(computing, moving), operations / moved, moving < computing

# %% wrong="12.2" says="rate of operations"
def bill(words, size, lattices, peak, bandwidth):
    operations, moved = 73 * words / 2 + 20, 2 * size
    computing, moving = peak / operations, bandwidth / moved
    return lattices * min(peak, bandwidth * operations / moved), operations / moved, moving < computing

# %% right="12.2"
def bill(words, size, lattices, peak, bandwidth):
    work = {"operations": words * 73 / 2 + 20, "bytes": size * 2}
    seconds = [work["operations"] / peak, work["bytes"] / bandwidth]
    return lattices / max(seconds), work["operations"] / work["bytes"], seconds[1] > seconds[0]

# %% right="12.2"
def bill(words, size, lattices, peak, bandwidth):
    intensity = (36.5 * words + 20) / (2 * size)
    attainable = min(peak, bandwidth * intensity)
    return lattices * attainable / (36.5 * words + 20), intensity, bool(intensity < peak / bandwidth)

# %% right="12.2"
def bill(words, size, lattices, peak, bandwidth):
    rates = np.array([peak / (20 + 73 * (words / 2)), bandwidth / (size + size)])
    return lattices * rates.min(), (20 + 73 * (words / 2)) / (size + size), rates.argmin() == 1

# %% wrong="12.3" says="send them again"
def slab_sweep(slabs, beta, uniform):
    slabs, n = list(slabs), len(slabs)
    first = np.cumsum([0] + [len(s) for s in slabs])
    halos = [(slabs[k - 1][-1:], slabs[(k + 1) % n][:1]) for k in range(n)]
    for colour in (0, 1):
        for k in range(n):
            tall = np.concatenate([halos[k][0], slabs[k], halos[k][1]])
            pull = tall[:-2] + tall[2:] + np.roll(slabs[k], 1, 1) + np.roll(slabs[k], -1, 1)
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((first[k] + i + j) % 2 == colour, drawn, slabs[k])
    return slabs

# %% wrong="12.3" says="counted through all slabs"
def slab_sweep(slabs, beta, uniform):
    slabs, n = list(slabs), len(slabs)
    for colour in (0, 1):
        halos = [(slabs[k - 1][-1:], slabs[(k + 1) % n][:1]) for k in range(n)]
        for k in range(n):
            tall = np.concatenate([halos[k][0], slabs[k], halos[k][1]])
            pull = tall[:-2] + tall[2:] + np.roll(slabs[k], 1, 1) + np.roll(slabs[k], -1, 1)
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((i + j) % 2 == colour, drawn, slabs[k])
    return slabs

# %% wrong="12.3" says="torus of its own"
def slab_sweep(slabs, beta, uniform):
    slabs = list(slabs)
    first = np.cumsum([0] + [len(s) for s in slabs])
    for colour in (0, 1):
        for k in range(len(slabs)):
            pull = sum(np.roll(slabs[k], step, axis) for axis in (0, 1) for step in (1, -1))
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((first[k] + i + j) % 2 == colour, drawn, slabs[k])
    return slabs

# %% wrong="12.3" says="torus"
def slab_sweep(slabs, beta, uniform):
    slabs, n = list(slabs), len(slabs)
    first = np.cumsum([0] + [len(s) for s in slabs])
    for colour in (0, 1):
        nothing = np.zeros_like(slabs[0][:1])
        halos = [(slabs[k - 1][-1:] if k else nothing, slabs[k + 1][:1] if k < n - 1 else nothing) for k in range(n)]
        for k in range(n):
            tall = np.concatenate([halos[k][0], slabs[k], halos[k][1]])
            pull = tall[:-2] + tall[2:] + np.roll(slabs[k], 1, 1) + np.roll(slabs[k], -1, 1)
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((first[k] + i + j) % 2 == colour, drawn, slabs[k])
    return slabs

# %% wrong="12.3" says="far ones"
def slab_sweep(slabs, beta, uniform):
    slabs, n = list(slabs), len(slabs)
    first = np.cumsum([0] + [len(s) for s in slabs])
    for colour in (0, 1):
        halos = [(slabs[k - 1][:1], slabs[(k + 1) % n][-1:]) for k in range(n)]
        for k in range(n):
            tall = np.concatenate([halos[k][0], slabs[k], halos[k][1]])
            pull = tall[:-2] + tall[2:] + np.roll(slabs[k], 1, 1) + np.roll(slabs[k], -1, 1)
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((first[k] + i + j) % 2 == colour, drawn, slabs[k])
    return slabs

# %% wrong="12.3" says="swapped"
def slab_sweep(slabs, beta, uniform):
    slabs, n = list(slabs), len(slabs)
    first = np.cumsum([0] + [len(s) for s in slabs])
    for colour in (0, 1):
        halos = [(slabs[(k + 1) % n][:1], slabs[k - 1][-1:]) for k in range(n)]
        for k in range(n):
            tall = np.concatenate([halos[k][0], slabs[k], halos[k][1]])
            pull = tall[:-2] + tall[2:] + np.roll(slabs[k], 1, 1) + np.roll(slabs[k], -1, 1)
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((first[k] + i + j) % 2 == colour, drawn, slabs[k])
    return slabs

# %% wrong="12.3" says="factor 2"
def slab_sweep(slabs, beta, uniform):
    whole, numbers = np.concatenate(slabs), np.concatenate(uniform)
    i, j = np.indices(whole.shape)
    for colour in (0, 1):
        pull = sum(np.roll(whole, step, axis) for axis in (0, 1) for step in (1, -1))
        drawn = np.where(numbers < 1 / (1 + np.exp(-beta * pull)), 1, -1)
        whole = np.where((i + j) % 2 == colour, drawn, whole)
    return np.split(whole, np.cumsum([len(s) for s in slabs])[:-1])

# %% wrong="12.3" says="leave them out"
def slab_sweep(slabs, beta, uniform):
    n = len(slabs)
    return [np.concatenate([slabs[k - 1][-1:], slabs[k], slabs[(k + 1) % n][:1]]) for k in range(n)]

# %% wrong="12.3" says="list of"
def slab_sweep(slabs, beta, uniform):
    return np.concatenate(slabs)

# %% wrong="12.3" says="Count i through all slabs"
def slab_sweep(slabs, beta, uniform):
    new, n = list(slabs), len(slabs)
    for colour in (0, 1):
        for k in range(n):
            s = new[k]
            pull = np.concatenate([new[k - 1][-1:], s[:-1]]) + np.concatenate([s[1:], new[(k + 1) % n][:1]])
            pull = pull + np.roll(s, 1, 1) + np.roll(s, -1, 1)
            i, j = np.indices(s.shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            new[k] = np.where((i + j) % 2 == colour, drawn, s)
    return new

# %% wrong="12.3" says="k times its own"
def slab_sweep(slabs, beta, uniform):
    new, n = list(slabs), len(slabs)
    for colour in (0, 1):
        for k in range(n):
            s = new[k]
            pull = np.concatenate([new[k - 1][-1:], s[:-1]]) + np.concatenate([s[1:], new[(k + 1) % n][:1]])
            pull = pull + np.roll(s, 1, 1) + np.roll(s, -1, 1)
            i, j = np.indices(s.shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            new[k] = np.where((k * len(s) + i + j) % 2 == colour, drawn, s)
    return new

# %% wrong="12.3" says="sum the heights above"
def slab_sweep(slabs, beta, uniform):
    slabs, n = list(slabs), len(slabs)
    for colour in (0, 1):
        halos = [(slabs[k - 1][-1:], slabs[(k + 1) % n][:1]) for k in range(n)]
        for k in range(n):
            tall = np.concatenate([halos[k][0], slabs[k], halos[k][1]])
            pull = tall[:-2] + tall[2:] + np.roll(slabs[k], 1, 1) + np.roll(slabs[k], -1, 1)
            i, j = np.indices(slabs[k].shape)
            drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
            slabs[k] = np.where((k * len(slabs[k]) + i + j) % 2 == colour, drawn, slabs[k])
    return slabs

# %% right="12.3"
def slab_sweep(slabs, beta, uniform):
    whole, numbers = np.concatenate(slabs), np.concatenate(uniform)
    i, j = np.indices(whole.shape)
    for colour in (0, 1):
        pull = sum(np.roll(whole, step, axis) for axis in (0, 1) for step in (1, -1))
        drawn = np.where(numbers < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
        whole = np.where((i + j) % 2 == colour, drawn, whole)
    return np.split(whole, np.cumsum([len(s) for s in slabs])[:-1])

# %% right="12.3"
def slab_sweep(slabs, beta, uniform):
    slabs = [np.array(s) for s in slabs]
    top = 0
    tops = []
    for slab in slabs:
        tops.append(top)
        top += len(slab)
    for colour in (0, 1):
        sent = [(slab[0].copy(), slab[-1].copy()) for slab in slabs]
        for k, slab in enumerate(slabs):
            above, below = sent[k - 1][1], sent[(k + 1) % len(slabs)][0]
            new = slab.copy()
            for i in range(len(slab)):
                for j in range(slab.shape[1]):
                    if (tops[k] + i + j) % 2 != colour:
                        continue
                    up = above[j] if i == 0 else slab[i - 1, j]
                    down = below[j] if i == len(slab) - 1 else slab[i + 1, j]
                    pull = up + down + slab[i, j - 1] + slab[i, (j + 1) % slab.shape[1]]
                    new[i, j] = 1 if uniform[k][i, j] < 1 / (1 + np.exp(-2 * beta * pull)) else -1
            slabs[k] = new
    return slabs

# %% right="12.3"
def slab_sweep(slabs, beta, uniform):
    def update(slab, above, below, start, numbers, colour):
        tall = np.vstack([above, slab, below])
        pull = tall[:-2] + tall[2:] + np.roll(slab, 1, 1) + np.roll(slab, -1, 1)
        mine = (start + np.add.outer(np.arange(slab.shape[0]), np.arange(slab.shape[1]))) % 2 == colour
        return np.where(mine, np.where(numbers < (1 + np.tanh(beta * pull)) / 2, 1, -1), slab)
    starts = np.cumsum([0] + [len(s) for s in slabs])
    for colour in (0, 1):
        lasts = [s[-1] for s in slabs]
        firsts = [s[0] for s in slabs]
        lasts, firsts = lasts[-1:] + lasts[:-1], firsts[1:] + firsts[:1]
        slabs = [update(*x, colour) for x in zip(slabs, lasts, firsts, starts, uniform)]
    return slabs

# %% wrong="12.4" says="begin with 0 on each"
def deal(simulate, n_chains, n_devices, seed):
    shares = np.array_split(np.arange(n_chains), n_devices)
    x = np.concatenate([simulate([np.random.default_rng([seed, k]) for k in range(len(s))]) for s in shares])
    return x.mean(), x.std(ddof=1) / np.sqrt(len(x))

# %% wrong="12.4" says="other chains"
def deal(simulate, n_chains, n_devices, seed):
    shares = np.array_split(np.arange(n_chains), n_devices)
    x = [simulate([np.random.default_rng([seed, d, k]) for k in range(len(s))]) for d, s in enumerate(shares)]
    x = np.concatenate(x)
    return x.mean(), x.std(ddof=1) / np.sqrt(len(x))

# %% wrong="12.4" says="seed + c"
def deal(simulate, n_chains, n_devices, seed):
    shares = np.array_split(np.arange(n_chains), n_devices)
    x = np.concatenate([simulate([np.random.default_rng(seed + c) for c in s]) for s in shares])
    return x.mean(), x.std(ddof=1) / np.sqrt(len(x))

# %% wrong="12.4" says="left out"
def deal(simulate, n_chains, n_devices, seed):
    size = n_chains // n_devices
    x = [simulate([np.random.default_rng([seed, d * size + k]) for k in range(size)]) for d in range(n_devices)]
    x = np.concatenate(x)
    return x.mean(), x.std(ddof=1) / np.sqrt(len(x))

# %% wrong="12.4" says="on one device"
def deal(simulate, n_chains, n_devices, seed):
    x = simulate([np.random.default_rng([seed, c]) for c in range(n_chains)])
    return x.mean(), x.std(ddof=1) / np.sqrt(n_chains)

# %% wrong="12.4" says="count less"
def deal(simulate, n_chains, n_devices, seed):
    shares = np.array_split(np.arange(n_chains), n_devices)
    x = [simulate([np.random.default_rng([seed, c]) for c in s]) for s in shares]
    return np.mean([v.mean() for v in x]), np.concatenate(x).std(ddof=1) / np.sqrt(n_chains)

# %% wrong="12.4" says="spread of all chains"
def deal(simulate, n_chains, n_devices, seed):
    shares = np.array_split(np.arange(n_chains), n_devices)
    x = [simulate([np.random.default_rng([seed, c]) for c in s]) for s in shares]
    means = [v.mean() for v in x]
    return np.concatenate(x).mean(), np.std(means, ddof=1) / np.sqrt(n_devices)

# %% wrong="12.4" says="n - 1 below"
def deal(simulate, n_chains, n_devices, seed):
    n = total = squares = 0
    for s in np.array_split(np.arange(n_chains), n_devices):
        x = simulate([np.random.default_rng([seed, c]) for c in s])
        n, total, squares = n + len(x), total + x.sum(), squares + (x**2).sum()
    return total / n, np.sqrt((squares / n - (total / n) ** 2) / n)

# %% wrong="12.4" says="take the root"
def deal(simulate, n_chains, n_devices, seed):
    n = total = squares = 0
    for s in np.array_split(np.arange(n_chains), n_devices):
        x = simulate([np.random.default_rng([seed, c]) for c in s])
        n, total, squares = n + len(x), total + x.sum(), squares + (x**2).sum()
    return total / n, (squares - total**2 / n) / (n * (n - 1))

# %% wrong="12.4" says="list of generators"
def deal(simulate, n_chains, n_devices, seed):
    x = np.concatenate([simulate(s) for s in np.array_split(np.arange(n_chains), n_devices)])
    return x.mean(), x.std(ddof=1) / np.sqrt(n_chains)

# %% right="12.4"
def deal(simulate, n_chains, n_devices, seed):
    shares = np.array_split(np.arange(n_chains), n_devices)
    x = np.concatenate([simulate([np.random.default_rng([seed, c]) for c in s]) for s in shares])
    return x.mean(), x.std(ddof=1) / np.sqrt(len(x))

# %% right="12.4"
def deal(simulate, n_chains, n_devices, seed):
    generators = [np.random.default_rng([seed, c]) for c in range(n_chains)]
    more, size = n_chains % n_devices, n_chains // n_devices
    told = []
    while generators:
        share = size + (len(told) < more)
        x = simulate(generators[:share])
        told.append([len(x), np.sum(x), np.dot(x, x)])
        generators = generators[share:]
    n, total, squares = np.sum(told, axis=0)
    return total / n, ((squares / n - (total / n) ** 2) / (n - 1)) ** 0.5

# %% right="12.4"
def deal(simulate, n_chains, n_devices, seed):
    ends = [-(-n_chains * d // n_devices) for d in range(n_devices + 1)]
    sizes = sorted(np.diff(ends), reverse=True)
    n, mean, m2, first = 0, 0.0, 0.0, 0
    for size in sizes:
        x = np.asarray(simulate(tuple(np.random.default_rng([seed, first + k]) for k in range(size))))
        first += size
        delta, n = x.mean() - mean, n + size
        m2 += ((x - x.mean()) ** 2).sum() + delta**2 * size * (n - size) / n
        mean += delta * size / n
    return mean, np.sqrt(m2 / (n - 1) / n)

# %% equivalent="12.2" because="the smaller of two does not depend on their order, and two measured rates are never equal to the last bit"
# by_memory = moving < computing  ->  by_memory = moving <= computing
# attainable = lattices * min(computing, moving)  ->  attainable = lattices * min(moving, computing)

# %% equivalent="12.3" because="a random number never hits P exactly, and i + j, i - j and j - i are even together"
# drawn = np.where(uniform[k] < 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)  ->  drawn = np.where(uniform[k] <= 1 / (1 + np.exp(-2 * beta * pull)), 1, -1)
# slabs[k] = np.where((first_row[k] + i + j) % 2 == colour, drawn, slabs[k])  ->  slabs[k] = np.where((first_row[k] + i - j) % 2 == colour, drawn, slabs[k])
# slabs[k] = np.where((first_row[k] + i + j) % 2 == colour, drawn, slabs[k])  ->  slabs[k] = np.where((first_row[k] - i + j) % 2 == colour, drawn, slabs[k])
