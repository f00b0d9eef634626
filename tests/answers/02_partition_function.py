# Wrong answers that each check of lesson 02 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="2.1" says="overflowed"
def log_z_independent(fields, beta):
    x = beta * fields
    return np.log(np.exp(x) + np.exp(-x)).sum()

# %% wrong="2.1" says="overflowed"
def log_z_independent(fields, beta):
    return np.log(np.prod(2 * np.cosh(beta * fields)))

# %% wrong="2.1" says="overflowed"
def log_z_independent(fields, beta):
    x = beta * fields
    return (x + np.log1p(np.exp(-2 * x))).sum()  # the largest exponent is taken out for positive fields only

# %% wrong="2.1" says="product overflowed"
def log_z_independent(fields, beta):
    x = np.abs(beta * fields)
    return x.sum() + np.log(np.prod(1 + np.exp(-2 * x)))

# %% wrong="2.1" says="a factor 2 is missing"
def log_z_independent(fields, beta):
    x = beta * fields
    return (np.logaddexp(x, -x) - math.log(2)).sum()

# %% wrong="2.1" says="beta is not used"
def log_z_independent(fields, beta):
    return np.logaddexp(fields, -fields).sum()

# %% wrong="2.1" says="log of their sum"
def log_z_independent(fields, beta):
    x = beta * fields
    return logsumexp(np.logaddexp(x, -x))

# %% wrong="2.1" says="return its log"
def log_z_independent(fields, beta):
    return np.prod(2 * np.cosh(beta * fields))

# %% wrong="2.1" says="only the favourable one"
def log_z_independent(fields, beta):
    return np.abs(beta * fields).sum()

# %% wrong="2.1" says="return"
def log_z_independent(fields, beta):
    log_z = np.logaddexp(beta * fields, -beta * fields).sum()

# %% wrong="2.1" says="5000"
def log_z_independent(fields, beta):
    if len(fields) > 20:
        return np.inf
    states = exact.ising_states(len(fields))
    return logsumexp(beta * states @ fields)

# %% wrong="2.1" says="`fields` has changed"
def log_z_independent(fields, beta):
    fields *= beta
    return np.logaddexp(fields, -fields).sum()

# %% right="2.1"
def log_z_independent(fields, beta):
    total = 0.0
    for h in fields:
        x = abs(beta * h)
        total += x + math.log1p(math.exp(-2 * x))
    return total

# %% right="2.1"
def log_z_independent(fields, beta):
    return logsumexp(np.stack([beta * fields, -beta * fields]), axis=0).sum()

# %% right="2.1"
import torch

def log_z_independent(fields, beta):
    x = beta * torch.as_tensor(fields)
    return torch.logaddexp(x, -x).sum()

# %% wrong="2.2" says="takes the trace"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.linalg.matrix_power(T, n if periodic else n - 1).sum())

# %% wrong="2.2" says="takes the sum of all entries"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n if periodic else n - 1)))

# %% wrong="2.2" says="An open chain has n - 1 bonds"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    power = np.linalg.matrix_power(T, n)
    return math.log(np.trace(power) if periodic else power.sum())

# %% wrong="2.2" says="A periodic chain has n bonds"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    power = np.linalg.matrix_power(T, n - 1)
    return math.log(np.trace(power) if periodic else power.sum())

# %% wrong="2.2" says="is `periodic` used"
def chain_log_z(n, beta, periodic):
    return math.log(2) + (n - 1) * math.log(2 * math.cosh(beta))

# %% wrong="2.2" says="β is missing"
def chain_log_z(n, beta, periodic):
    T = np.exp(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum())

# %% wrong="2.2" says="counted twice"
def chain_log_z(n, beta, periodic):
    T = np.exp(2 * beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum())

# %% wrong="2.2" says="the smaller one counts too"
def chain_log_z(n, beta, periodic):
    return (n if periodic else n - 1) * math.log(2 * math.cosh(beta))

# %% wrong="2.2" says="on the diagonal"
def chain_log_z(n, beta, periodic):
    T = np.exp(-beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return math.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum())

# %% wrong="2.2" says="overflowed"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return float(np.log(np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum()))

# %% wrong="2.2" says="return its log"
def chain_log_z(n, beta, periodic):
    T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))
    return np.trace(np.linalg.matrix_power(T, n)) if periodic else np.linalg.matrix_power(T, n - 1).sum()

# %% right="2.2"
def chain_log_z(n, beta, periodic):
    log_c, tanh = math.log(2 * math.cosh(beta)), math.tanh(beta)
    return n * log_c + math.log1p(tanh**n) if periodic else math.log(2) + (n - 1) * log_c

# %% right="2.2"
def chain_log_z(n, beta, periodic):
    T, product, log_size = np.exp(beta * np.array([[1, -1], [-1, 1]])), np.eye(2), 0.0
    for _ in range(n if periodic else n - 1):
        product = product @ T
        size = product.max()
        product, log_size = product / size, log_size + np.log(size)
    return log_size + np.log(np.trace(product) if periodic else product.sum())

# %% right="2.2"
def chain_log_z(n, beta, periodic):
    log_T = beta * np.array([[1.0, -1.0], [-1.0, 1.0]])
    log_p = log_T
    for _ in range(n - 1 if periodic else n - 2):  # a matrix product in log space
        log_p = logsumexp(log_p[:, :, None] + log_T[None, :, :], axis=1)
    return logsumexp(np.diag(log_p)) if periodic else logsumexp(log_p)

# %% wrong="2.3" says="average the weights, then take the log"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return log_w.mean(), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="divide by n"
def importance_estimate(log_w):
    return logsumexp(log_w), math.exp(2 * logsumexp(log_w) - logsumexp(2 * log_w))

# %% wrong="2.3" says="return its log"
def importance_estimate(log_w):
    w = np.exp(log_w)
    return w.mean(), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="did not put its log back"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return np.log(w.mean()), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="ESS of the log weights"
def importance_estimate(log_w):
    return logsumexp(log_w) - np.log(len(log_w)), log_w.sum() ** 2 / (log_w**2).sum()

# %% wrong="2.3" says="max w"
def importance_estimate(log_w):
    return logsumexp(log_w) - np.log(len(log_w)), np.exp(logsumexp(log_w) - log_w.max())

# %% wrong="2.3" says="fraction ESS / n"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return logsumexp(log_w) - np.log(len(log_w)), w.mean() ** 2 / (w**2).mean()

# %% wrong="2.3" says="not normalised"
def importance_estimate(log_w):
    return logsumexp(log_w) - np.log(len(log_w)), 1 / np.exp(2 * log_w).sum()

# %% wrong="2.3" says="upside down"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return logsumexp(log_w) - np.log(len(log_w)), (w**2).sum() / w.sum() ** 2

# %% wrong="2.3" says="overflowed"
def importance_estimate(log_w):
    w = np.exp(log_w)
    return np.log(w.mean()), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="underflowed"
def importance_estimate(log_w):
    w = np.exp(log_w - max(log_w.max(), 0))
    return np.log(w.mean()) + max(log_w.max(), 0), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="2 values"
def importance_estimate(log_w):
    return logsumexp(log_w) - np.log(len(log_w))

# %% wrong="2.3" says="not the mean of all"
def importance_estimate(log_w):
    middle = log_w.mean()
    w = np.exp(log_w - middle)
    return np.log(w.mean()) + middle, w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="not the smallest"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.min())
    return np.log(w.mean()) + log_w.min(), w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="`log_w` has changed"
def importance_estimate(log_w):
    top = log_w.max()
    log_w -= top
    w = np.exp(log_w)
    return np.log(w.mean()) + top, w.sum() ** 2 / (w**2).sum()

# %% wrong="2.3" says="another order"
def importance_estimate(log_w):
    w = np.exp(log_w - log_w.max())
    return w.sum() ** 2 / (w**2).sum(), np.log(w.mean()) + log_w.max()

# %% right="2.3"
def importance_estimate(log_w):
    top = np.max(log_w)
    w = np.exp(log_w - top)
    p = w / w.sum()
    return top + np.log(w.mean()), 1 / (p**2).sum()

# %% right="2.3"
import torch

def importance_estimate(log_w):
    log_w = torch.as_tensor(log_w)
    log_p = torch.log_softmax(log_w, dim=0)
    return [torch.logsumexp(log_w, 0) - math.log(len(log_w)), torch.exp(-torch.logsumexp(2 * log_p, 0))]

# %% wrong="2.4" says="minus the integral"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) + np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="N log 2"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = -np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="spacing is missing"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="not evenly spaced"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, dx=betas[1] - betas[0], axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="mean energy times beta"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - energies.mean(axis=1) * betas[-1]
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="takes both"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - (energies[:, :-1] * np.diff(betas)).sum(axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="do not multiply by N"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * (math.log(2) - np.trapezoid(energies, betas, axis=1))
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="better by √n"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1)

# %% wrong="2.4" says="ddof=1"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std() / math.sqrt(len(log_z))

# %% wrong="2.4" says="not by the number"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / len(log_z)

# %% wrong="2.4" says="Integrate each chain"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * math.log(2) - np.trapezoid(energies.mean(axis=0), betas)
    return log_z, energies.std(ddof=1) / math.sqrt(energies.size)

# %% wrong="2.4" says="does not fit into 64 bits"
def thermodynamic_integration(betas, energies, n_spins):
    with np.errstate(divide="ignore"):
        log_z = np.log(2 ** np.array(n_spins)) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% wrong="2.4" says="OverflowError"
def thermodynamic_integration(betas, energies, n_spins):
    log_z = math.log(2.0**n_spins) - np.trapezoid(energies, betas, axis=1)
    return log_z.mean(), log_z.std(ddof=1) / math.sqrt(len(log_z))

# %% right="2.4"
def thermodynamic_integration(betas, energies, n_spins):
    each = []
    for row in energies:
        area = sum((betas[k + 1] - betas[k]) * (row[k] + row[k + 1]) / 2 for k in range(len(betas) - 1))
        each.append(n_spins * math.log(2) - area)
    mean = sum(each) / len(each)
    variance = sum((value - mean) ** 2 for value in each) / (len(each) - 1)
    return mean, math.sqrt(variance / len(each))

# %% right="2.4"
from scipy import integrate, stats

def thermodynamic_integration(betas, energies, n_spins):
    log_z = n_spins * np.log(2) - integrate.trapezoid(energies, x=betas)
    return np.mean(log_z), stats.sem(log_z)

# %% wrong="2.5" says="before it"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros(len(energy(state)))
    for old, new in zip(betas[:-1], betas[1:]):
        state = sweep(state, new)
        log_w = log_w - (new - old) * energy(state)
    return log_w

# %% wrong="2.5" says="reversed"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros(len(energy(state)))
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (old - new) * energy(state)
        state = sweep(state, new)
    return log_w

# %% wrong="2.5" says="not the new beta"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros(len(energy(state)))
    for beta in betas[1:]:
        log_w = log_w - beta * energy(state)
        state = sweep(state, beta)
    return log_w

# %% wrong="2.5" says="belongs to the new beta"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros(len(energy(state)))
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, old)
    return log_w

# %% wrong="2.5" says="never moves"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros(len(energy(state)))
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        sweep(state, new)
    return log_w

# %% wrong="2.5" says="return their logs"
def annealed_log_weights(betas, state, energy, sweep):
    w = np.ones(len(energy(state)))
    for old, new in zip(betas[:-1], betas[1:]):
        w = w * np.exp(-(new - old) * energy(state))
        state = sweep(state, new)
    return w

# %% wrong="2.5" says="shape"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros(len(energy(state)))
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
    return log_w.mean()

# %% wrong="2.5" says="UFuncTypeError"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros_like(energy(state))  # integers, where the energies are integers
    for old, new in zip(betas[:-1], betas[1:]):
        log_w -= (new - old) * energy(state)
        state = sweep(state, new)
    return log_w

# %% wrong="2.5" says="could not be broadcast"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = np.zeros(len(state))  # the chains are not always the first axis
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state = sweep(state, new)
    return log_w

# %% wrong="2.5" says="`state` has changed"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = 0.0
    for old, new in zip(betas[:-1], betas[1:]):
        log_w = log_w - (new - old) * energy(state)
        state[...] = sweep(state, new)
    return log_w

# %% right="2.5"
def annealed_log_weights(betas, state, energy, sweep):
    log_w = 0.0
    for step, beta in zip(np.diff(betas), betas[1:]):
        log_w = log_w - step * energy(state)
        state = sweep(state, beta)
    return log_w

# %% right="2.5"
def annealed_log_weights(betas, state, energy, sweep):
    energies = [energy(state)]
    for beta in betas[1:-1]:  # the sweep at the last beta changes no weight
        state = sweep(state, beta)
        energies.append(energy(state))
    return -np.diff(betas) @ np.array(energies)

# %% equivalent="2.2" because="eigh reads the lower triangle only, 1/x is x for ±1, and a 2×2 matrix has two eigenvalues"
# T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  T = np.exp(beta / np.array([[1.0, -1.0], [-1.0, 1.0]]))
# T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  T = np.exp(beta * np.array([[1.0, 1.0], [-1.0, 1.0]]))
# T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  T = np.exp(beta * np.array([[1.0, -2.0], [-1.0, 1.0]]))
# T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  T = np.exp(beta * np.array([[1.0, -0.5], [-1.0, 1.0]]))
# T = np.exp(beta * np.array([[1.0, -1.0], [-1.0, 1.0]]))  ->  T = np.exp(beta * np.array([[1.0, -0.0], [-1.0, 1.0]]))
# top = eigenvalues[-1]  ->  top = eigenvalues[1]

# %% equivalent="2.2" because="the vector of ones is the first eigenvector: the other overlap is 0, and top / top to any power is 1"
# overlap = vectors.sum(axis=0) ** 2  ->  overlap = vectors.sum(axis=1) ** 2
# overlap = vectors.sum(axis=0) ** 2  ->  overlap = vectors.sum(axis=-1) ** 2
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log(overlap.sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n + 1)).sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** n).sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 2)).sum())
# return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 1)).sum())  ->  return (n - 1) * math.log(top) + math.log((overlap * (eigenvalues / top) ** (n - 0)).sum())

# %% equivalent="2.4" because="the last axis, where the trapezoid rule runs if it is not told, is axis 1 of two"
# log_z = n_spins * math.log(2) - np.trapezoid(energies, betas, axis=1)  ->  log_z = n_spins * math.log(2) - np.trapezoid(energies, betas)
