# Wrong answers that each check of lesson 02 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="2.1" says="counted twice"
import itertools

def enumerate_log_z(shape, beta):
    exponents = []
    for state in itertools.product([-1, 1], repeat=math.prod(shape)):
        s = np.array(state).reshape(shape)
        neighbours = sum(np.roll(s, step, axis) for step in (1, -1) for axis in (0, 1))
        exponents.append(beta * (s * neighbours).sum())
    return logsumexp(exponents)

# %% wrong="2.1" says="edges are open"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        bonds = (s[1:] * s[:-1]).sum() + (s[:, 1:] * s[:, :-1]).sum()
        exponents.append(beta * bonds)
    return logsumexp(exponents)

# %% wrong="2.1" says="check the signs"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        energy = -(s * np.roll(s, 1, 0)).sum() - (s * np.roll(s, 1, 1)).sum()
        exponents.append(beta * energy)
    return logsumexp(exponents)

# %% wrong="2.1" says="not 1 or 0"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape)
        exponents.append(beta * ((s * np.roll(s, 1, 0)).sum() + (s * np.roll(s, 1, 1)).sum()))
    return logsumexp(exponents)

# %% wrong="2.1" says="without an axis"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        exponents.append(2 * beta * (s * np.roll(s, 1)).sum())
    return logsumexp(exponents)

# %% wrong="2.1" says="both"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        exponents.append(beta * (s * np.roll(s, 1, 0)).sum())
    return logsumexp(exponents)

# %% wrong="2.1" says="A state is missing"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(1, 2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        exponents.append(beta * ((s * np.roll(s, 1, 0)).sum() + (s * np.roll(s, 1, 1)).sum()))
    return logsumexp(exponents)

# %% wrong="2.1" says="Half of the states"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(2 ** (math.prod(shape) - 1)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        exponents.append(beta * ((s * np.roll(s, 1, 0)).sum() + (s * np.roll(s, 1, 1)).sum()))
    return logsumexp(exponents)

# %% wrong="2.1" says="return its log"
def enumerate_log_z(shape, beta):
    Z = 0
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        Z += math.exp(beta * ((s * np.roll(s, 1, 0)).sum() + (s * np.roll(s, 1, 1)).sum()))
    return Z

# %% wrong="2.1" says="same energy"
def enumerate_log_z(shape, beta):
    energies = set()
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        energies.add(-int((s * np.roll(s, 1, 0)).sum() + (s * np.roll(s, 1, 1)).sum()))
    return logsumexp([-beta * E for E in energies])

# %% wrong="2.1" says="beta is not used"
def enumerate_log_z(shape, beta):
    exponents = []
    for number in range(2 ** math.prod(shape)):
        s = np.array([number >> k & 1 for k in range(math.prod(shape))]).reshape(shape) * 2 - 1
        exponents.append((s * np.roll(s, 1, 0)).sum() + (s * np.roll(s, 1, 1)).sum())
    return logsumexp(exponents)

# %% wrong="2.1" says="return"
def enumerate_log_z(shape, beta):
    total = logsumexp(beta * np.zeros(2 ** math.prod(shape)))

# %% right="2.1"
import itertools

def enumerate_log_z(shape, beta):
    exponents = []
    for state in itertools.product([-1, 1], repeat=math.prod(shape)):
        s = np.array(state).reshape(shape)
        exponents.append(beta * ((s * np.roll(s, 1, 0)).sum() + (s * np.roll(s, 1, 1)).sum()))
    return logsumexp(exponents)

# %% right="2.1"
def enumerate_log_z(shape, beta):  # plain loops, no arrays
    rows, cols = shape
    Z = 0.0
    for number in range(2 ** (rows * cols)):
        spin = lambda i, j: 2 * (number >> (i % rows * cols + j % cols) & 1) - 1
        E = 0
        for i in range(rows):
            for j in range(cols):
                E -= spin(i, j) * (spin(i + 1, j) + spin(i, j + 1))
        Z += math.exp(-beta * E)
    return math.log(Z)

# %% right="2.1"
def enumerate_log_z(shape, beta):  # all states at once
    n = math.prod(shape)
    s = (2 * (np.arange(2**n)[:, None] >> np.arange(n) & 1) - 1).reshape(-1, *shape)
    E = -(s * (np.roll(s, 1, 1) + np.roll(s, 1, 2))).sum((1, 2))
    levels, counts = np.unique(E, return_counts=True)
    return logsumexp(-beta * levels, b=counts)

# %% wrong="2.2" says="average the weights, then take the log"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return log_w.mean(), w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="divide by n"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return logsumexp(log_w), w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="return its log"
def importance_estimate(log_w):
    w = np.exp(log_w)
    return w.mean(), w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="did not put its log back"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return np.log(w.mean()), w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="ESS of the log weights"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    error = w.std(ddof=1) / w.mean() / math.sqrt(len(w))
    return logsumexp(log_w) - np.log(len(log_w)), error, log_w.sum() ** 2 / (log_w**2).sum()

# %% wrong="2.2" says="max w"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    error = w.std(ddof=1) / w.mean() / math.sqrt(len(w))
    return logsumexp(log_w) - np.log(len(log_w)), error, np.exp(logsumexp(log_w) - log_w.max())

# %% wrong="2.2" says="fraction ESS / n"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    error = w.std(ddof=1) / w.mean() / math.sqrt(len(w))
    return logsumexp(log_w) - np.log(len(log_w)), error, w.mean() ** 2 / (w**2).mean()

# %% wrong="2.2" says="upside down"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    error = w.std(ddof=1) / w.mean() / math.sqrt(len(w))
    return logsumexp(log_w) - np.log(len(log_w)), error, (w**2).sum() / w.sum() ** 2

# %% wrong="2.2" says="over the mean weight"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return log_w.max() + np.log(w.mean()), w.std(ddof=1) / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="smaller by √n"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return log_w.max() + np.log(w.mean()), w.std(ddof=1) / w.mean(), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="ddof=1"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return log_w.max() + np.log(w.mean()), w.std() / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="not of their logs"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return log_w.max() + np.log(w.mean()), log_w.std(ddof=1) / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="no error at all"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    ess = w.sum() ** 2 / (w**2).sum()
    return log_w.max() + np.log(w.mean()), 1 / math.sqrt(ess), ess

# %% wrong="2.2" says="overflowed"
def importance_estimate(log_w):
    w = np.exp(log_w)
    return np.log(w.mean()), w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="underflowed"
def importance_estimate(log_w):
    top = max(log_w.max(), 0)
    w = np.exp(log_w - top)
    return np.log(w.mean()) + top, w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="values, expected 3"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return logsumexp(log_w) - np.log(len(log_w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="not the mean of all"
def importance_estimate(log_w):
    middle = log_w.mean()
    w = np.exp(log_w - middle)
    return np.log(w.mean()) + middle, w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="not the smallest"
def importance_estimate(log_w):
    low = log_w.min()
    w = np.exp(log_w - low)
    return np.log(w.mean()) + low, w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="`log_w` has changed"
def importance_estimate(log_w):
    top = log_w.max()
    log_w -= top
    w = np.exp(log_w)
    return np.log(w.mean()) + top, w.std(ddof=1) / w.mean() / math.sqrt(len(w)), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.2" says="another order"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return np.log(w.mean()) + log_w.max(), w.sum() ** 2 / (w**2).sum(), w.std(ddof=1) / w.mean() / math.sqrt(len(w))

# %% right="2.2"
def importance_estimate(log_w):
    n, log_total = len(log_w), logsumexp(log_w)
    ess = math.exp(2 * log_total - logsumexp(2 * log_w))
    return log_total - math.log(n), math.sqrt(max(0.0, 1 / ess - 1 / n) * n / (n - 1)), ess

# %% right="2.2"
import torch

def importance_estimate(log_w):
    log_w = torch.as_tensor(log_w)
    p = torch.softmax(log_w, dim=0)
    n = len(p)
    return [torch.logsumexp(log_w, 0) - math.log(n), p.std() * math.sqrt(n), 1 / (p**2).sum()]

# %% right="2.2"
def importance_estimate(log_w):
    top = max(log_w)
    w = [math.exp(a - top) for a in log_w]
    n, mean = len(w), sum(w) / len(w)
    variance = sum((x - mean) ** 2 for x in w) / (n - 1)
    return top + math.log(mean), math.sqrt(variance / n) / mean, sum(w) ** 2 / sum(x * x for x in w)

# %% wrong="2.3" says="before it"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        state = sweep(state, new)
        log_w = log_w - (new - old) * energy(state)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="reversed"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (old - new) * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="not the new beta"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - new * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="belongs to the new beta"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, old)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="never moves"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="no exp"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(np.exp(log_w))]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(np.exp(log_w)))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="add log_z_start"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z, error, ess

# %% wrong="2.3" says="this keeps only the last one"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = -(new - old) * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="one step behind"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        path.append(importance_estimate(log_w))
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="at the start is missing"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = []
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="last temperature alone"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
    log_z, error, ess = importance_estimate(log_w)
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="mean of the log weights"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
        path.append((log_w.mean(), *importance_estimate(log_w)[1:]))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="UFuncTypeError"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros_like(energy(state))  # integers, where the energies are integers
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w -= (new - old) * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="could not be broadcast"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(state))  # the chains are not always the first axis
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% wrong="2.3" says="`state` has changed"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = np.zeros(len(energy(state)))
    path = [importance_estimate(log_w)]
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state[...] = sweep(state, new)
        path.append(importance_estimate(log_w))
    log_z, error, ess = np.array(path).T
    return log_z_start + log_z, error, ess

# %% right="2.3"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w = 0.0 * energy(state)
    log_z, error, ess = [], [], []
    for k in range(len(betas)):
        if k > 0:
            log_w = log_w - (betas[k] - betas[k - 1]) * energy(state)
            state = sweep(state, betas[k])
        mean, spread, count = importance_estimate(log_w)
        log_z.append(log_z_start + mean)
        error.append(spread)
        ess.append(count)
    return np.array(log_z), np.array(error), np.array(ess)

# %% right="2.3"
def annealed_log_z(betas, state, energy, sweep, log_z_start):
    energies = [energy(state)]
    for beta in betas[1:-1]:  # the sweep at the last beta changes no weight
        state = sweep(state, beta)
        energies.append(energy(state))
    log_w = np.cumsum(-np.diff(betas)[:, None] * np.array(energies), axis=0)
    rows = [np.zeros(log_w.shape[1]), *log_w]
    log_z, error, ess = zip(*[importance_estimate(row) for row in rows])
    return np.add(log_z_start, log_z), list(error), list(ess)

# %% right="2.3"
import torch

def annealed_log_z(betas, state, energy, sweep, log_z_start):
    log_w, found = torch.zeros(len(energy(state)), dtype=torch.float64), []
    for step, beta in zip(np.diff(betas, prepend=betas[0]), betas):
        if step:
            log_w = log_w - step * torch.as_tensor(energy(state))
            state = sweep(state, beta)
        log_z, error, ess = partition.importance_estimate(log_w.numpy())
        found.append((log_z_start + log_z, error, ess))
    return tuple(torch.tensor(found).T)

# %% wrong="2.4" says="takes the trace"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.linalg.matrix_power(T, n if periodic else n - 1).sum())

# %% wrong="2.4" says="takes the sum of all entries"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n if periodic else n - 1)))

# %% wrong="2.4" says="An open chain has n - 1 bonds"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    power = np.linalg.matrix_power(T, n)
    return math.log(np.trace(power) if periodic else power.sum())

# %% wrong="2.4" says="A periodic chain has n bonds"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    power = np.linalg.matrix_power(T, n - 1)
    return math.log(np.trace(power) if periodic else power.sum())

# %% wrong="2.4" says="is `periodic` used"
def chain_log_z(n, beta, periodic):
    return math.log(2) + (n - 1) * math.log(2 * math.cosh(beta))

# %% wrong="2.4" says="β is missing"
def chain_log_z(n, beta, periodic):
    T = np.exp(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum())

# %% wrong="2.4" says="counted twice"
def chain_log_z(n, beta, periodic):
    T = np.exp(2 * beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum())

# %% wrong="2.4" says="the smaller one counts too"
def chain_log_z(n, beta, periodic):
    return (n if periodic else n - 1) * math.log(2 * math.cosh(beta))

# %% wrong="2.4" says="on the diagonal"
def chain_log_z(n, beta, periodic):
    T = np.exp(-beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum())

# %% wrong="2.4" says="overflowed"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return float(np.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum()))

# %% wrong="2.4" says="return its log"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum()

# %% right="2.4"
def chain_log_z(n, beta, periodic):
    log_c, tanh = math.log(2 * math.cosh(beta)), math.tanh(beta)
    return n * log_c + math.log1p(tanh**n) if periodic else math.log(2) + (n - 1) * log_c

# %% right="2.4"
def chain_log_z(n, beta, periodic):
    T, product, log_size = np.exp(beta * np.array([[1, -1], [-1, 1]])), np.eye(2), 0.0
    for _ in range(n if periodic else n - 1):
        product = product @ T
        size = product.max()
        product, log_size = product / size, log_size + np.log(size)
    return log_size + np.log(np.trace(product) if periodic else product.sum())

# %% right="2.4"
def chain_log_z(n, beta, periodic):
    log_T = beta * np.array([[1.0, -1.0], [-1.0, 1.0]])
    log_p = log_T
    for _ in range(n - 1 if periodic else n - 2):  # a matrix product in log space
        log_p = logsumexp(log_p[:, :, None] + log_T[None, :, :], axis=1)
    return logsumexp(np.diag(log_p)) if periodic else logsumexp(log_p)

# %% wrong="2.5" says="minus the integral"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) + np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="N log 2"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = -np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="spacing is missing"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="not evenly spaced"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, dx=betas[1] - betas[0], axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="mean energy times beta"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - energies.mean(axis=1) * betas[-1]
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="takes both"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - (energies[:, :-1] * np.diff(betas)).sum(axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="do not multiply by N"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * (math.log(2) - np.trapezoid(energies, betas, axis=1))
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="better by √n"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1)

# %% wrong="2.5" says="ddof=1"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std() / math.sqrt(len(log_z))

# %% wrong="2.5" says="not by the number"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / len(log_z)

# %% wrong="2.5" says="Integrate each chain"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies.mean(axis=0), betas)
    return log_z, energies.std(ddof=1) / math.sqrt(energies.size)

# %% wrong="2.5" says="does not fit into 64 bits"
def thermodynamic_integration(betas, energies, n_spins):
    with np.errstate(divide="ignore"):
        log_z = np.log(2 ** np.array(n_spins)) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.5" says="OverflowError"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = math.log(2.0**n_spins) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% right="2.5"
def thermodynamic_integration(betas, energies, n_spins):
    each = []
    for row in energies:
        area = sum((betas[k + 1] - betas[k]) * (row[k] + row[k + 1]) / 2 for k in range(len(betas) - 1))
        each.append(n_spins * math.log(2) - area)
    mean = sum(each) / len(each)
    variance = sum((value - mean) ** 2 for value in each) / (len(each) - 1)
    return mean, math.sqrt(variance / len(each))

# %% right="2.5"
from scipy import integrate, stats

def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * np.log(2) - integrate.trapezoid(energies, x=betas)
    return np.mean(log_z), stats.sem(log_z)

# %% equivalent="2.4" because="eigh reads the lower triangle only, 1/x is x for ±1, and a 2×2 matrix has two eigenvalues"
# M = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  M = np.exp(beta / np.array([[1.0, -1.0], [-1.0, 1.0]]))
# M = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  M = np.exp(beta * np.array([[1.0, 1.0], [-1.0, 1.0]]))
# M = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  M = np.exp(beta * np.array([[1.0, -2.0], [-1.0, 1.0]]))
# M = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  M = np.exp(beta * np.array([[1.0, -0.5], [-1.0, 1.0]]))
# M = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  M = np.exp(beta * np.array([[1.0, -0.0], [-1.0, 1.0]]))
# top = eigenvalues[-1]  ->  top = eigenvalues[1]

# %% equivalent="2.4" because="the vector of ones is the first eigenvector: the other overlap is 0, and top / top to any power is 1"
# overlap = vectors.sum(axis=0) ** 2  ->  overlap = vectors.sum(axis=1) ** 2
# overlap = vectors.sum(axis=0) ** 2  ->  overlap = vectors.sum(axis=-1) ** 2
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log(overlap.sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n + 1)).sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** n).sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 2)).sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 0)).sum())

# %% equivalent="2.5" because="the last axis, where the trapezoid rule runs if it is not told, is axis 1 of two"
# log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)  ->  log_z = n_spins * math.log(2) - np.trapezoid(energies, betas)

# %% equivalent="2.1" because="turning all spins over, or looking up and left instead of down and right, gives the same bonds, and 1/s is s"
# s = 2 * np.array(bits).reshape(rows, columns) - 1  ->  s = 1 - 2 * np.array(bits).reshape(rows, columns)
# below = s * np.roll(s, -1, axis=0)  ->  below = s / np.roll(s, -1, axis=0)
# right = s * np.roll(s, -1, axis=1)  ->  right = s / np.roll(s, -1, axis=1)
# below = s * np.roll(s, -1, axis=0)  ->  below = s * np.roll(s, 1, axis=0)
# right = s * np.roll(s, -1, axis=1)  ->  right = s * np.roll(s, 1, axis=1)

# %% equivalent="2.1" because="a torus of 3 × 4 spins turned by a quarter has the same states and bonds"
# s = 2 * np.array(bits).reshape(rows, columns) - 1  ->  s = 2 * np.array(bits).reshape(columns, rows) - 1
