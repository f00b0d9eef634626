# Wrong answers that each check of lesson 03 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="3.1" says="sign is wrong"
def score(energy, x, temperature):
    x = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(energy(x).sum(), x)[0] / temperature

# %% wrong="3.1" says="temperature is not used"
def score(energy, x, temperature):
    x = x.detach().clone().requires_grad_(True)
    return -torch.autograd.grad(energy(x).sum(), x)[0]

# %% wrong="3.1" says="you multiplied"
def score(energy, x, temperature):
    x = x.detach().clone().requires_grad_(True)
    return -temperature * torch.autograd.grad(energy(x).sum(), x)[0]

# %% wrong="3.1" says="score is that of log p"
def score(energy, x, temperature):
    x = x.detach().clone().requires_grad_(True)
    return torch.autograd.grad(torch.exp(-energy(x) / temperature).sum(), x)[0]

# %% wrong="3.1" says="Differentiate the sum"
def score(energy, x, temperature):
    x = x.detach().clone().requires_grad_(True)
    return -torch.autograd.grad(energy(x).mean(), x)[0] / temperature

# %% wrong="3.1" says="do not normalise"
def score(energy, x, temperature):
    x = x.detach().clone().requires_grad_(True)
    gradient = torch.autograd.grad(energy(x).sum(), x)[0]
    return -gradient / gradient.norm(dim=1, keepdim=True)

# %% wrong="3.1" says="requires_grad switched on"
def score(energy, x, temperature):
    x.requires_grad_(True)
    return -torch.autograd.grad(energy(x).sum(), x)[0] / temperature

# %% wrong="3.1" says="your code raised"
def score(energy, x, temperature):
    x = x.detach().clone().requires_grad_(True)
    return -torch.autograd.grad(energy(x), x)[0] / temperature

# %% wrong="3.1" says="for any function of a batch of states"
def score(energy, x, temperature):
    if hasattr(energy, "grad"):
        return -energy.grad(x) / temperature
    return torch.zeros_like(x)

# %% right="3.1"
def score(energy, x, temperature):
    return -torch.func.grad(lambda z: energy(z).sum())(x) / temperature

# %% right="3.1"
def score(energy, x, temperature):
    rows = []
    for row in x:
        row = row.detach().clone().requires_grad_(True)
        log_p = -energy(row[None])[0] / temperature
        log_p.backward()
        rows.append(row.grad)
    return torch.stack(rows)

# %% right="3.1"
def score(energy, x, temperature):
    x, h = x.detach().double(), 1e-5
    columns = []
    for axis in torch.eye(x.shape[1], dtype=x.dtype):
        columns.append(-(energy(x + h * axis) - energy(x - h * axis)) / (2 * h * temperature))
    return torch.stack(columns, dim=1)

# %% wrong="3.2" says="factor 2 is missing"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(step_size * temperature) * noise

# %% wrong="3.2" says="2T is missing"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(step_size) * noise

# %% wrong="3.2" says="not ε ξ"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + step_size * noise

# %% wrong="3.2" says="sign of the drift"
def ula_step(x, gradient, step_size, temperature, noise):
    return x + step_size * gradient + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="3.2" says="temperature is missing in the noise"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(2 * step_size) * noise

# %% wrong="3.2" says="T belongs under the root"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + temperature * math.sqrt(2 * step_size) * noise

# %% wrong="3.2" says="its size is the root of that"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + 2 * step_size * temperature * noise

# %% wrong="3.2" says="Do not divide the gradient"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient / temperature + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="3.2" says="convention B"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size / 2 * gradient + math.sqrt(step_size * temperature) * noise

# %% wrong="3.2" says="does not go with the noise"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size / 2 * gradient + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="3.2" says="noise is missing"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient

# %% wrong="3.2" says="drift is missing"
def ula_step(x, gradient, step_size, temperature, noise):
    return x + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="3.2" says="`x` has changed"
def ula_step(x, gradient, step_size, temperature, noise):
    x -= step_size * gradient
    return x + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="3.2" says="drawn at random"
def ula_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(2 * step_size * temperature) * torch.randn_like(x)

# %% right="3.2"
import numpy as np

def ula_step(x, gradient, step_size, temperature, noise):
    x, gradient, noise = np.asarray(x), np.asarray(gradient), np.asarray(noise)
    return x + np.sqrt(2 * temperature * step_size) * noise - step_size * gradient

# %% right="3.2"
def ula_step(x, gradient, step_size, temperature, noise):
    score = -gradient / temperature
    diffusion = step_size * temperature
    return x + diffusion * score + (2 * diffusion) ** 0.5 * noise

# %% wrong="3.3" says="is missing"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    alpha = torch.exp(((energy(x) - energy(y)) / temperature).clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="proposals is upside down"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = (energy(x) - energy(y)) / temperature + log_q(y, x) - log_q(x, y)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="whole ratio is upside down"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = (energy(y) - energy(x)) / temperature + log_q(y, x) - log_q(x, y)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="A rejected proposal is kept"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = (energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)
    return y, torch.exp(log_ratio.clamp(max=0))

# %% wrong="3.3" says="every proposal is accepted"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    return y, torch.ones(len(x))

# %% wrong="3.3" says="missing in the energy difference"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = energy(x) - energy(y) + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="missing in q"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size)
    log_ratio = (energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="missing in the whole ratio"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size)
    log_ratio = energy(x) - energy(y) + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="twice the variance"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (2 * step_size * temperature)
    log_ratio = (energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="gradient at y"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    drift = -step_size * gradient(x)
    y = x + drift + math.sqrt(2 * step_size * temperature) * noise
    there, back = ((y - x - drift) ** 2).sum(-1), ((x - y - drift) ** 2).sum(-1)
    log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="α is at most 1"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    alpha = torch.exp((energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x))
    return torch.where((uniform < alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="Accept where u < α"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = (energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where((uniform > alpha)[:, None], y, x), alpha

# %% wrong="3.3" says="This is the log of α"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = ((energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)).clamp(max=0)
    return torch.where((torch.log(uniform) < log_ratio)[:, None], y, x), log_ratio

# %% wrong="3.3" says="expected 2 values"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    return x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="3.3" says="`x` has changed"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = (energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0))
    x[uniform < alpha] = y[uniform < alpha]
    return x, alpha

# %% wrong="3.3" says="another order"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    y = x - step_size * gradient(x) + math.sqrt(2 * step_size * temperature) * noise
    log_q = lambda b, a: -((b - a + step_size * gradient(a)) ** 2).sum(-1) / (4 * step_size * temperature)
    log_ratio = (energy(x) - energy(y)) / temperature + log_q(x, y) - log_q(y, x)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return alpha, torch.where((uniform < alpha)[:, None], y, x)

# %% right="3.3"
def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    sd = math.sqrt(2 * step_size * temperature)
    y = x - step_size * gradient(x) + sd * noise
    forth = torch.distributions.Normal(x - step_size * gradient(x), sd).log_prob(y).sum(-1)
    back = torch.distributions.Normal(y - step_size * gradient(y), sd).log_prob(x).sum(-1)
    ratio = torch.exp(-energy(y) / temperature + back + energy(x) / temperature - forth)
    alpha = torch.minimum(ratio, torch.ones_like(ratio))
    new = x.clone()
    accept = uniform <= alpha
    new[accept] = y[accept]
    return new, alpha

# %% right="3.3"
import numpy as np

def mala_step(x, energy, gradient, step_size, temperature, noise, uniform):
    new, alphas = [], []
    for i in range(len(x)):
        g = gradient(x[i : i + 1])[0]
        y = x[i] - step_size * g + (2 * step_size * temperature) ** 0.5 * noise[i]
        back_noise = (x[i] - y + step_size * gradient(y[None])[0]) / (2 * step_size * temperature) ** 0.5
        log_a = float(energy(x[i : i + 1])[0] - energy(y[None])[0]) / temperature
        log_a += float((noise[i] ** 2).sum() - (back_noise**2).sum()) / 2
        alphas.append(min(1.0, np.exp(log_a)))
        new.append(y if float(uniform[i]) < alphas[-1] else x[i])
    return torch.stack(new), np.array(alphas)

# %% wrong="3.4" says="not split"
def split_r_hat(samples):
    n = len(samples)
    within, between = samples.var(dim=0).mean(), samples.mean(dim=0).var()
    return torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.4" says="axes are swapped"
def split_r_hat(samples):
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=1).mean(), halves.mean(dim=1).var()
    return torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.4" says="not even and odd"
def split_r_hat(samples):
    n = len(samples) // 2
    halves = samples.reshape(n, -1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.4" says="square root is missing"
def split_r_hat(samples):
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return ((n - 1) / n * within + between) / within

# %% wrong="3.4" says="n is the length of a half-chain"
def split_r_hat(samples):
    n = len(samples)
    halves = torch.cat([samples[: n // 2], samples[n // 2 :]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.4" says="factor (n-1)/n"
def split_r_hat(samples):
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return torch.sqrt((within + between) / within)

# %% wrong="3.4" says="number minus one"
import numpy as np

def split_r_hat(samples):
    n = len(samples) // 2
    halves = np.concatenate([samples[:n], samples[n:]], axis=1)
    within, between = halves.var(axis=0).mean(), halves.mean(axis=0).var()
    return np.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.4" says="do not divide it by n"
def split_r_hat(samples):
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return torch.sqrt(((n - 1) / n * within + between / n) / within)

# %% wrong="3.4" says="only the ratio"
def split_r_hat(samples):
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    return halves.mean(dim=0).var() / halves.var(dim=0).mean()

# %% wrong="3.4" says="R-hat of two chains"
def split_r_hat(samples):
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return torch.sqrt((19 / 20 * within + between) / within)  # n of the first chains, 20

# %% wrong="3.4" says="`samples` has changed"
def split_r_hat(samples):
    samples -= samples.mean()
    n = len(samples) // 2
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return torch.sqrt(((n - 1) / n * within + between) / within)

# %% right="3.4"
import numpy as np

def split_r_hat(samples):
    x = np.asarray(samples)
    n = len(x) // 2
    halves = [x[k * n : (k + 1) * n, j] for j in range(x.shape[1]) for k in (0, 1)]
    W = np.mean([np.var(h, ddof=1) for h in halves])
    B = n * np.var([h.mean() for h in halves], ddof=1)
    return float(np.sqrt(((n - 1) / n * W + B / n) / W))

# %% right="3.4"
def split_r_hat(samples):
    n, m = samples.shape[0] // 2, samples.shape[1]
    halves = samples.reshape(2, n, m).permute(1, 0, 2).reshape(n, 2 * m)
    return ((n - 1) / n + halves.mean(0).var() / halves.var(0).mean()) ** 0.5

# %% right="3.4"
import arviz

def split_r_hat(samples):
    return float(arviz.rhat(samples.numpy().T, method="split"))

# %% wrong="3.5" says="sign is reversed"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_hot - energy_cold)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.5" says="Temperatures enter as 1/T"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (temperature_hot - temperature_cold) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.5" says="hot temperature is missing"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    alpha = torch.exp(((energy_cold - energy_hot) / temperature_cold).clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.5" says="cold temperature is missing"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    alpha = torch.exp(((energy_cold - energy_hot) / temperature_hot).clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.5" says="subtracted, not added"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold + 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.5" says="Every swap is made"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    return hot, cold, torch.ones(len(cold))

# %% wrong="3.5" says="at most 1"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    alpha = torch.exp((1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.5" says="This is the log of α"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = ((1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)).clamp(max=0)
    swap = uniform < log_ratio.exp()
    return torch.where(swap, hot, cold), torch.where(swap, cold, hot), log_ratio

# %% wrong="3.5" says="The hot chains keep all"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    cold = torch.where(uniform < alpha, hot, cold)
    hot = torch.where(uniform < alpha, cold, hot)
    return cold, hot, alpha

# %% wrong="3.5" says="even where α refuses"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    return hot, cold, torch.exp(log_ratio.clamp(max=0))

# %% wrong="3.5" says="where it should be refused"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform > alpha, hot, cold), torch.where(uniform > alpha, cold, hot), alpha

# %% wrong="3.5" says="`cold` has changed"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    swap = uniform < alpha
    new_cold, new_hot = torch.where(swap, hot, cold), torch.where(swap, cold, hot)
    cold.copy_(new_cold)
    hot.copy_(new_hot)
    return new_cold, new_hot, alpha

# %% right="3.5"
import numpy as np

def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    beta_cold, beta_hot = 1 / temperature_cold, 1 / temperature_hot
    before = -beta_cold * energy_cold - beta_hot * energy_hot
    after = -beta_cold * energy_hot - beta_hot * energy_cold
    alpha = np.minimum(1.0, np.exp(np.asarray(after - before)))
    swap = np.asarray(uniform) < alpha
    return np.where(swap, hot, cold), np.where(swap, cold, hot), alpha

# %% right="3.5"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    alpha = torch.clamp(
        torch.exp(energy_cold / temperature_cold + energy_hot / temperature_hot)
        / torch.exp(energy_hot / temperature_cold + energy_cold / temperature_hot),
        max=1.0,
    )
    new_cold, new_hot = cold.clone(), hot.clone()
    for i in range(len(cold)):
        if uniform[i] < alpha[i]:
            new_cold[i], new_hot[i] = hot[i], cold[i]
    return new_cold, new_hot, alpha

# %% equivalent="3.1" because="detach makes a new tensor, so that switching on its gradients leaves x alone; so does clone"
# x = x.detach().clone().requires_grad_(True)  ->  x = x.detach().requires_grad_(True)
# x = x.detach().clone().requires_grad_(True)  ->  x = x.clone().requires_grad_(True)

# %% equivalent="3.3" because="u is continuous, so that u = α has probability 0; the last of two axes is axis 1"
# return (torch.where((uniform < alpha)[:, None], y, x), alpha)  ->  return (torch.where((uniform <= alpha)[:, None], y, x), alpha)
# return -(away ** 2).sum(-1) / (4 * step_size * temperature)  ->  return -(away ** 2).sum(1) / (4 * step_size * temperature)

# %% equivalent="3.5" because="u is continuous, so that u = α has probability 0"
# swap = uniform < alpha  ->  swap = uniform <= alpha
