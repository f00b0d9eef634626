# Wrong answers that each check of lesson 04 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="4.1" says="Divide by dim"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total = total + (x * gradient(x)).sum(dim=1)
    of_chain = total / (n_steps - burn_in)
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="before the start is forgotten"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= 0:
            total = total + (x * gradient(x)).sum(dim=1)
    of_chain = total / n_steps / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="divided by all n_steps"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total = total + (x * gradient(x)).sum(dim=1)
    of_chain = total / n_steps / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="first reading is missing"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k > burn_in:
            total = total + (x * gradient(x)).sum(dim=1)
    of_chain = total / (n_steps - burn_in) / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="Step first, then read"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        if k >= burn_in:
            total = total + (x * gradient(x)).sum(dim=1)
        x = step(x)
    of_chain = total / (n_steps - burn_in) / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="This reads x·x"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total = total + (x * x).sum(dim=1)
    of_chain = total / (n_steps - burn_in) / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="This reads |∇E|²"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total = total + (gradient(x) ** 2).sum(dim=1)
    of_chain = total / (n_steps - burn_in) / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="x stays at the start"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        y = step(x)
        if k >= burn_in:
            total = total + (y * gradient(y)).sum(dim=1)
    of_chain = total / (n_steps - burn_in) / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / math.sqrt(len(x))

# %% wrong="4.1" says="spread of one chain"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total = total + (x * gradient(x)).sum(dim=1)
    of_chain = total / (n_steps - burn_in) / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std())

# %% wrong="4.1" says="not by the number"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total = total + (x * gradient(x)).sum(dim=1)
    of_chain = total / (n_steps - burn_in) / x.shape[1]
    return float(of_chain.mean()), float(of_chain.std()) / len(x)

# %% wrong="4.1" says="not independent"
def take_temperature(step, gradient, x, n_steps, burn_in):
    readings = []
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            readings.append((x * gradient(x)).sum(dim=1) / x.shape[1])
    readings = torch.stack(readings)
    return float(readings.mean()), float(readings.std()) / math.sqrt(readings.numel())

# %% wrong="4.1" says="return"
def take_temperature(step, gradient, x, n_steps, burn_in):
    total = torch.zeros(len(x))
    for k in range(n_steps):
        x = step(x)
        if k >= burn_in:
            total += (x * gradient(x)).sum(dim=1) / x.shape[1]

# %% right="4.1"
def take_temperature(step, gradient, x, n_steps, burn_in):
    for _ in range(burn_in):
        x = step(x)
    readings = []
    for _ in range(n_steps - burn_in):
        x = step(x)
        readings.append((x * gradient(x)).mean(-1))
    T = torch.stack(readings).mean(0)
    return T.mean(), T.std() / len(T) ** 0.5

# %% right="4.1"
import numpy as np

def take_temperature(step, gradient, x, n_steps, burn_in):
    n, dim = x.shape
    readings = np.zeros((n_steps, n))
    for k in range(n_steps):
        x = step(x)
        readings[k] = np.einsum("ij,ij->i", np.asarray(x), np.asarray(gradient(x))) / dim
    each = readings[burn_in:].mean(axis=0)
    return [each.mean(), each.std(ddof=1) / np.sqrt(n)]

# %% right="4.1"
def take_temperature(step, gradient, x, n_steps, burn_in):
    import statistics

    sums = [0.0] * len(x)
    for k in range(1, n_steps + 1):
        x = step(x)
        if k > burn_in:
            for i, (place, slope) in enumerate(zip(x.tolist(), gradient(x).tolist())):
                sums[i] += sum(a * b for a, b in zip(place, slope))
    each = [s / ((n_steps - burn_in) * x.shape[1]) for s in sums]
    return statistics.mean(each), statistics.stdev(each) / math.sqrt(len(each))

# %% wrong="4.2" says="lr·√T"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = step_size * math.sqrt(temperatures[k])
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="2 under the root is missing"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(step_size * temperatures[k])
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="T belongs under the root"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size) * temperatures[k]
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="root is missing"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = 2 * step_size * temperatures[k]
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="first one is used throughout"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size * temperatures[0])
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="uphill"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size * temperatures[k])
        x = x + step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="start counts"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], torch.full((len(x),), math.inf)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size * temperatures[k])
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="energy after each step"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size * temperatures[k])
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = energy(x)
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="a step behind"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        lowest = torch.minimum(lowest, energy(x))
        size = math.sqrt(2 * step_size * temperatures[k])
        x = x - step_size * energy.grad(x) + size * noise[k]
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="state before each step"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        path.append(x)
        x = x - step_size * energy.grad(x) + math.sqrt(2 * step_size * temperatures[k]) * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="one row too many"
def anneal(energy, x, temperatures, step_size, noise):
    path, best = [x], [energy(x)]
    for T, kick in zip(temperatures, noise):
        x = x - step_size * energy.grad(x) + math.sqrt(2 * step_size * T) * kick
        path.append(x)
        best.append(torch.minimum(best[-1], energy(x)))
    return torch.stack(path), torch.stack(best[1:])

# %% wrong="4.2" says="lowest of all"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size * temperatures[k])
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x)).min().expand(len(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="wrote into its argument"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size * temperatures[k])
        x -= step_size * energy.grad(x) - size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x.clone())
        best.append(lowest)
    return torch.stack(path), torch.stack(best)

# %% wrong="4.2" says="expected 2"
def anneal(energy, x, temperatures, step_size, noise):
    path, best, lowest = [], [], energy(x)
    for k in range(len(temperatures)):
        size = math.sqrt(2 * step_size * temperatures[k])
        x = x - step_size * energy.grad(x) + size * noise[k]
        lowest = torch.minimum(lowest, energy(x))
        path.append(x)
        best.append(lowest)
    return torch.stack(path)

# %% right="4.2"
def anneal(energy, x, temperatures, step_size, noise):
    states = [x]
    for T, kick in zip(temperatures.tolist(), noise):
        states.append(states[-1] - step_size * energy.grad(states[-1]) + (2 * step_size * T) ** 0.5 * kick)
    heights = torch.stack([energy(state) for state in states])
    return torch.stack(states[1:]), heights.cummin(dim=0).values[1:]

# %% right="4.2"
def anneal(energy, x, temperatures, step_size, noise):
    kicks = (2 * step_size * temperatures).sqrt()[:, None, None] * noise
    path, best = torch.zeros_like(noise), torch.zeros_like(noise[:, :, 0])
    seen = energy(x)
    for k, kick in enumerate(kicks):
        x = x - step_size * energy.grad(x) + kick
        seen = torch.where(energy(x) < seen, energy(x), seen)
        path[k], best[k] = x, seen
    return path, best

# %% right="4.2"
import numpy as np

def anneal(energy, x, temperatures, step_size, noise):
    path, best = [], []
    lowest = np.array(energy(x))
    for k, T in enumerate(temperatures):
        x = torch.as_tensor(np.array(x) - step_size * np.array(energy.grad(x)) + np.sqrt(2 * step_size * float(T)) * np.array(noise[k]))
        lowest = np.minimum(lowest, np.array(energy(x)))
        path.append(np.array(x))
        best.append(lowest)
    return np.array(path), np.array(best)

# %% wrong="4.3" says="this is their mean"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).mean(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="Only the last part"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = lows[-1]
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="counts here as a run"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.cat(lows)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="all start at starts[0]"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[0], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="all take the first ones"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[:n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="begin at row r"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r : r + n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="where the parts stop"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(energy(path[-1]))
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="this is the first"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[0])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="which is luck"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.min()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="spread of one run"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std())
    return found

# %% wrong="4.3" says="not by the number"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / len(lowest)
    return found

# %% wrong="4.3" says="begin anew with each entry"
def race(energy, entries, step_size, starts, noise):
    found, lows = {}, []
    for name, (temperatures, parts) in entries.items():
        n = len(temperatures)
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
    return found

# %% wrong="4.3" says="return in the loop"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean()), float(lowest.std()) / math.sqrt(len(lowest))
        return found

# %% wrong="4.3" says="expected 2"
def race(energy, entries, step_size, starts, noise):
    found = {}
    for name, (temperatures, parts) in entries.items():
        n, lows = len(temperatures), []
        for r in range(parts):
            path, best = anneal(energy, starts[r], temperatures, step_size, noise[r * n : (r + 1) * n])
            lows.append(best[-1])
        lowest = torch.stack(lows).amin(dim=0)
        found[name] = float(lowest.mean())
    return found

# %% right="4.3"
def race(energy, entries, step_size, starts, noise):
    def one(temperatures, parts):
        best = torch.full(starts.shape[1:2], math.inf, dtype=starts.dtype)
        for x, kicks in zip(starts[:parts], noise.split(len(temperatures))):
            best = torch.minimum(best, anneal(energy, x, temperatures, step_size, kicks)[1].amin(0))
        return best.mean(), best.std() / len(best) ** 0.5

    return {name: one(*entry) for name, entry in entries.items()}

# %% right="4.3"
def race(energy, entries, step_size, starts, noise):
    n_runs, results = starts.shape[1], {}
    for name in entries:
        T, parts = entries[name]
        n = len(T)
        kicks = noise[: parts * n].reshape(parts, n, n_runs, -1).transpose(0, 1).reshape(n, parts * n_runs, -1)
        _, best = descent.anneal(energy, starts[:parts].reshape(parts * n_runs, -1), T, step_size, kicks)
        lowest = best[-1].reshape(parts, n_runs).min(0).values
        results[name] = [lowest.mean(), torch.sqrt(lowest.var() / n_runs)]
    return results

# %% right="4.3"
import numpy as np

def race(energy, entries, step_size, starts, noise):
    table = dict()
    for name, entry in entries.items():
        first, lows = 0, []
        for part in range(entry[1]):
            last = first + len(entry[0])
            lows.append(np.asarray(anneal(energy, starts[part], entry[0], step_size, noise[first:last])[1])[-1])
            first = last
        runs = np.min(lows, axis=0)
        table[name] = (np.mean(runs), np.std(runs, ddof=1) / np.sqrt(runs.size))
    return table

# %% wrong="4.4" says="This is Wald's interval"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    half = z * math.sqrt(p * (1 - p) / n)
    return p, p - half, p + half

# %% wrong="4.4" says="cut off at 0 and 1"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    half = z * math.sqrt(p * (1 - p) / n)
    return p, max(0.0, p - half), min(1.0, p + half)

# %% wrong="4.4" says="z is not used"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = (p + 1 / (2 * n)) / (1 + 1 / n)
    half = math.sqrt(p * (1 - p) / n + 1 / (4 * n**2)) / (1 + 1 / n)
    return p, centre - half, centre + half

# %% wrong="4.4" says="per cent"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return 100 * p, 100 * (centre - half), 100 * (centre + half)

# %% wrong="4.4" says="denominator"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = p + z**2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, centre - half, centre + half

# %% wrong="4.4" says="n - 1"
def success_rate(successes, z=1.96):
    n = len(successes) - 1
    p = float(successes.sum()) / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, centre - half, centre + half

# %% wrong="4.4" says="in another order"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return centre - half, p, centre + half

# %% wrong="4.4" says="its own centre"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, p - half, p + half

# %% wrong="4.4" says="returned 2 values, expected 3"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    return p, z * math.sqrt(p * (1 - p) / n)

# %% right="4.4"
from scipy import stats

def success_rate(successes, z=1.96):
    k, n = int(successes.sum()), len(successes)
    ends = stats.binomtest(k, n).proportion_ci(2 * stats.norm.cdf(z) - 1, method="wilson")
    return k / n, ends.low, ends.high

# %% right="4.4"
import numpy as np

def success_rate(successes, z=1.96):
    # The p for which (p_hat - p)² = z² p (1 - p) / n: a quadratic equation.
    n = len(successes)
    rate = np.mean(np.asarray(successes))
    low, high = sorted(np.roots([1 + z**2 / n, -2 * rate - z**2 / n, rate**2]).real)
    return [rate, low, high]

# %% wrong="4.5" says="2 is missing"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) / batch_size

# %% wrong="4.5" says="batch size is missing"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) / 2

# %% wrong="4.5" says="larger batches are colder"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) * batch_size / 2

# %% wrong="4.5" says="Divide by B once"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) / (2 * batch_size**2)

# %% wrong="4.5" says="standard deviation"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.std(dim=0, correction=0) / (2 * batch_size)

# %% wrong="4.5" says="Subtract the mean gradient"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * (gradients**2).mean(dim=0) / (2 * batch_size)

# %% wrong="4.5" says="variance of the noise of one step"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size**2 * gradients.var(dim=0, correction=0) / batch_size

# %% wrong="4.5" says="step size is missing"
def sgd_temperature(gradients, step_size, batch_size):
    return gradients.var(dim=0, correction=0) / (2 * batch_size)

# %% wrong="4.5" says="n - 1"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0) / (2 * batch_size)

# %% wrong="4.5" says="what drives"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.mean(dim=0) / (2 * batch_size)

# %% wrong="4.5" says="for each parameter"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(correction=0) / (2 * batch_size)

# %% right="4.5"
def sgd_temperature(gradients, step_size, batch_size):
    centred = gradients - gradients.mean(0)
    covariance = centred.T @ centred / len(gradients)
    noise_of_one_step = step_size**2 * torch.diag(covariance) / batch_size
    return noise_of_one_step / (2 * step_size)

# %% right="4.5"
import numpy as np

def sgd_temperature(gradients, step_size, batch_size):
    return [step_size * np.var(column) / (2 * batch_size) for column in np.asarray(gradients).T]

# %% equivalent="4.3" because="the annealer takes as many rows as there are temperatures"
# kicks = noise[r * n:(r + 1) * n]  ->  kicks = noise[r * n:(r + 2) * n]
