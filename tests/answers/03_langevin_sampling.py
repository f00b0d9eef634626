# Wrong answers that each check of lesson 03 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="3.1" says="the factor 2 is missing"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + math.sqrt(step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="sign of the drift"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() + step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="not ε ξ"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + step_size * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="temperature is missing in the noise"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + math.sqrt(2 * step_size) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="T belongs under the root"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + temperature * math.sqrt(2 * step_size) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="Do not divide the gradient"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g / temperature + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="convention with ε/2"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size / 2 * g + math.sqrt(step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="gradient descent"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="the mean divides"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).mean(), x)[0]
        x = x.detach() - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="all steps get that of the first"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + math.sqrt(2 * step_size * temperature) * noise[0]
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="of the start throughout"
def ula(energy, x, step_size, temperature, noise):
    start = x.detach().clone().requires_grad_(True)
    g = torch.autograd.grad(energy(start).sum(), start)[0]
    kept = []
    for xi in noise:
        x = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="changed in place"
def ula(energy, x, step_size, temperature, noise):
    x, kept = x.clone(), []
    for xi in noise:
        leaf = x.clone().requires_grad_(True)
        g = torch.autograd.grad(energy(leaf).sum(), leaf)[0]
        x += -step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="Only the last states"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return x

# %% wrong="3.1" says="start is not one of the states"
def ula(energy, x, step_size, temperature, noise):
    kept = [x]
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="requires_grad switched on"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x.requires_grad_(True)
        g = torch.autograd.grad(energy(x).sum(), x)[0]
        x = x.detach() - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="your code raised"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        x = x.detach().clone().requires_grad_(True)
        g = torch.autograd.grad(energy(x), x)[0]
        x = x.detach() - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% wrong="3.1" says="with the gradient at the present x"
def ula(energy, x, step_size, temperature, noise):
    kept = []
    for xi in noise:
        g = energy.grad(x) if hasattr(energy, "grad") else torch.zeros_like(x)
        x = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        kept.append(x)
    return torch.stack(kept)

# %% right="3.1"
def ula(energy, x, step_size, temperature, noise):
    slope = torch.func.grad(lambda z: energy(z).sum())
    states = torch.empty_like(noise)
    for k in range(len(noise)):
        x = x - step_size * slope(x) + (2 * step_size * temperature) ** 0.5 * noise[k]
        states[k] = x
    return states

# %% right="3.1"
import numpy as np

def ula(energy, x, step_size, temperature, noise):
    x, path = x.detach().clone(), []
    for kick in noise:
        x.requires_grad_(True)
        energy(x).sum().backward()
        with torch.no_grad():
            x -= step_size * x.grad
            x += math.sqrt(2 * step_size * temperature) * kick
        x.grad = None
        path.append(x.detach().numpy().copy())
    return np.array(path)

# %% right="3.1"
def ula(energy, x, step_size, temperature, noise):
    walks = []
    for i in range(len(x)):  # one walker after the other
        here, walk = x[i : i + 1].detach(), []
        for k in range(len(noise)):
            here = here.clone().requires_grad_(True)
            score = torch.autograd.grad((-energy(here) / temperature).sum(), here)[0]
            diffusion = step_size * temperature
            here = here.detach() + diffusion * score + math.sqrt(2 * diffusion) * noise[k, i]
            walk.append(here[0])
        walks.append(torch.stack(walk))
    return torch.stack(walks, dim=1)

# %% wrong="3.2" says="A rejected proposal is kept"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = y
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="ratio of the proposals is upside down"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (back - there) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="is missing, or it cancels"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="energy difference is reversed"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(y) - energy(x)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="T is missing in the energy difference"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="twice the variance"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (2 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="gradient at y"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * g) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="α is at most 1"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio)
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="Accept where u < α"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u > alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="This is the log of α"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(log_ratio.clamp(max=0))
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="not whether the proposal was accepted"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append((u < alpha).double())
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="do not average over all"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas).mean()

# %% wrong="3.2" says="Only the last states"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return x, torch.stack(alphas)

# %% wrong="3.2" says="all steps get those of the first"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((uniform[0] < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="expected 2 values"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(kept)

# %% wrong="3.2" says="another order"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x = torch.where((u < alpha)[:, None], y, x)
        kept.append(x)
        alphas.append(alpha)
    return torch.stack(alphas), torch.stack(kept)

# %% wrong="3.2" says="`x` has changed"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas = [], []
    for xi, u in zip(noise, uniform):
        g = samplers.gradient(energy, x)
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        there = ((y - x + step_size * g) ** 2).sum(-1)
        back = ((x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + (there - back) / (4 * step_size * temperature)
        alpha = torch.exp(log_ratio.clamp(max=0))
        x[u < alpha] = y[u < alpha]
        kept.append(x.clone())
        alphas.append(alpha)
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.2" says="the one that you carry is that of the start"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas, g = [], [], samplers.gradient(energy, x)
    for xi, u in zip(noise, uniform):
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        squares = ((y - x + step_size * g) ** 2 - (x - y + step_size * h) ** 2).sum(-1)
        log_ratio = (energy(x) - energy(y)) / temperature + squares / (4 * step_size * temperature)
        alphas.append(torch.exp(log_ratio.clamp(max=0)))
        x = torch.where((u < alphas[-1])[:, None], y, x)
        kept.append(x)
    return torch.stack(kept), torch.stack(alphas)

# %% right="3.2"
def mala(energy, x, step_size, temperature, noise, uniform):
    sd, states, probabilities = math.sqrt(2 * step_size * temperature), torch.empty_like(noise), torch.empty_like(uniform)
    def proposal(a):
        return torch.distributions.Normal(a - step_size * samplers.gradient(energy, a), sd)
    for k in range(len(noise)):
        forth = proposal(x)
        y = forth.mean + sd * noise[k]
        ratio = torch.exp((energy(x) - energy(y)) / temperature + proposal(y).log_prob(x).sum(-1) - forth.log_prob(y).sum(-1))
        probabilities[k] = torch.minimum(ratio, torch.ones_like(ratio))
        new = x.clone()
        accept = uniform[k] <= probabilities[k]
        new[accept] = y[accept]
        states[k] = x = new
    return states, probabilities

# %% right="3.2"
import numpy as np

def mala(energy, x, step_size, temperature, noise, uniform):
    states, alphas = np.zeros(noise.shape), np.zeros(uniform.shape)
    for i in range(len(x)):
        here = x[i]
        for k in range(len(noise)):
            g = samplers.gradient(energy, here[None])[0]
            y = here - step_size * g + (2 * step_size * temperature) ** 0.5 * noise[k, i]
            back_noise = (here - y + step_size * samplers.gradient(energy, y[None])[0]) / (2 * step_size * temperature) ** 0.5
            log_a = float(energy(here[None])[0] - energy(y[None])[0]) / temperature
            log_a += float((noise[k, i] ** 2).sum() - (back_noise**2).sum()) / 2
            alphas[k, i] = min(1.0, np.exp(log_a))
            here = y if float(uniform[k, i]) < alphas[k, i] else here
            states[k, i] = here
    return states, alphas

# %% right="3.2"
def mala(energy, x, step_size, temperature, noise, uniform):
    kept, alphas, g = [], [], samplers.gradient(energy, x)
    for xi, u in zip(noise, uniform):
        y = x - step_size * g + math.sqrt(2 * step_size * temperature) * xi
        h = samplers.gradient(energy, y)
        a = math.sqrt(step_size / (2 * temperature)) * (g + h)
        log_ratio = (energy(x) - energy(y)) / temperature + (a * (xi - a / 2)).sum(-1)
        accept = torch.log(u) < log_ratio
        x, g = torch.where(accept[:, None], y, x), torch.where(accept[:, None], h, g)
        kept.append(x)
        alphas.append(log_ratio.exp().clamp(max=1))
    return torch.stack(kept), torch.stack(alphas)

# %% wrong="3.3" says="not split"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves, n = samples, len(samples)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="axes are swapped"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=1).mean(), halves.mean(dim=1).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="not even and odd"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = samples.reshape(n, -1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="square root is missing"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, ((n - 1) / n * within + between) / within

# %% wrong="3.3" says="n is the length of a half-chain"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    n = len(samples)
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="factor (n-1)/n"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt((within + between) / within)

# %% wrong="3.3" says="do not divide it by n"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between / n) / within)

# %% wrong="3.3" says="only the ratio"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, between / within

# %% wrong="3.3" says="no independent samples"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = samples.std() / math.sqrt(samples.numel())
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="error of one chain"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std()
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="not of states"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(len(samples))
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="This is a variance"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.var() / samples.shape[1]
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="divides by number minus one"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std(correction=0) / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="one mean over all"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means, error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="another order"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return torch.sqrt(((n - 1) / n * within + between) / within), means.mean(), error

# %% wrong="3.3" says="`samples` has changed"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    samples -= samples.mean()
    return means.mean(), error, torch.sqrt(((n - 1) / n * within + between) / within)

# %% wrong="3.3" says="returned 2 values, expected 3"
def judge(samples):
    n = len(samples) // 2
    means = samples.mean(dim=0)
    error = means.std() / math.sqrt(samples.shape[1])
    halves = torch.cat([samples[:n], samples[n:]], dim=1)
    within, between = halves.var(dim=0).mean(), halves.mean(dim=0).var()
    return means.mean(), torch.sqrt(((n - 1) / n * within + between) / within)

# %% right="3.3"
import numpy as np

def judge(samples):
    x = np.asarray(samples)
    n = len(x) // 2
    halves = [x[k * n : (k + 1) * n, j] for j in range(x.shape[1]) for k in (0, 1)]
    W = np.mean([np.var(h, ddof=1) for h in halves])
    B = n * np.var([h.mean() for h in halves], ddof=1)
    error = np.std([c.mean() for c in x.T], ddof=1) / np.sqrt(x.shape[1])
    return float(x.mean()), float(error), float(np.sqrt(((n - 1) / n * W + B / n) / W))

# %% right="3.3"
def judge(samples):
    n, m = samples.shape[0] // 2, samples.shape[1]
    halves = samples.reshape(2, n, m).permute(1, 0, 2).reshape(n, 2 * m)
    r_hat = ((n - 1) / n + halves.mean(0).var() / halves.var(0).mean()) ** 0.5
    return samples.mean(), (samples.mean(0).var() / m) ** 0.5, r_hat

# %% right="3.3"
import arviz
from scipy import stats

def judge(samples):
    x = samples.numpy()
    return x.mean(), stats.sem(x.mean(axis=0)), float(arviz.rhat(x.T, method="split"))

# %% wrong="3.4" says="sign is reversed"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_hot - energy_cold)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.4" says="Temperatures enter as 1/T"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (temperature_hot - temperature_cold) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.4" says="hot temperature is missing"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    alpha = torch.exp(((energy_cold - energy_hot) / temperature_cold).clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.4" says="cold temperature is missing"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    alpha = torch.exp(((energy_cold - energy_hot) / temperature_hot).clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.4" says="subtracted, not added"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold + 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.4" says="Every swap is made"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    return hot, cold, torch.ones(len(cold))

# %% wrong="3.4" says="at most 1"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    alpha = torch.exp((1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot))
    return torch.where(uniform < alpha, hot, cold), torch.where(uniform < alpha, cold, hot), alpha

# %% wrong="3.4" says="This is the log of α"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = ((1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)).clamp(max=0)
    swap = uniform < log_ratio.exp()
    return torch.where(swap, hot, cold), torch.where(swap, cold, hot), log_ratio

# %% wrong="3.4" says="The hot chains keep all"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    cold = torch.where(uniform < alpha, hot, cold)
    hot = torch.where(uniform < alpha, cold, hot)
    return cold, hot, alpha

# %% wrong="3.4" says="even where α refuses"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    return hot, cold, torch.exp(log_ratio.clamp(max=0))

# %% wrong="3.4" says="where it should be refused"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    return torch.where(uniform > alpha, hot, cold), torch.where(uniform > alpha, cold, hot), alpha

# %% wrong="3.4" says="`cold` has changed"
def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    log_ratio = (1 / temperature_cold - 1 / temperature_hot) * (energy_cold - energy_hot)
    alpha = torch.exp(log_ratio.clamp(max=0))
    swap = uniform < alpha
    new_cold, new_hot = torch.where(swap, hot, cold), torch.where(swap, cold, hot)
    cold.copy_(new_cold)
    hot.copy_(new_hot)
    return new_cold, new_hot, alpha

# %% right="3.4"
import numpy as np

def exchange(cold, hot, energy_cold, energy_hot, temperature_cold, temperature_hot, uniform):
    beta_cold, beta_hot = 1 / temperature_cold, 1 / temperature_hot
    before = -beta_cold * energy_cold - beta_hot * energy_hot
    after = -beta_cold * energy_hot - beta_hot * energy_cold
    alpha = np.minimum(1.0, np.exp(np.asarray(after - before)))
    swap = np.asarray(uniform) < alpha
    return np.where(swap, hot, cold), np.where(swap, cold, hot), alpha

# %% right="3.4"
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

# %% equivalent="3.1" because="detach or clone makes a new tensor, and what is left of a graph is cut in the next step"
# x = x.detach().clone().requires_grad_(True)  ->  x = x.detach().requires_grad_(True)
# x = x.detach() - step_size * gradient + size * xi  ->  x = x - step_size * gradient + size * xi
# x = x.detach().clone().requires_grad_(True)  ->  x = x.clone().requires_grad_(True)

# %% equivalent="3.2" because="u is continuous, so that u = α has probability 0; the last of two axes is axis 1; noise and uniform are equally long"
# accept = (u < alpha)[:, None]  ->  accept = (u <= alpha)[:, None]
# there = ((y - x + step_size * at_x) ** 2).sum(-1)  ->  there = ((y - x + step_size * at_x) ** 2).sum(1)
# back = ((x - y + step_size * at_y) ** 2).sum(-1)  ->  back = ((x - y + step_size * at_y) ** 2).sum(1)
# for xi, u in zip(noise, uniform, strict=True):  ->  for xi, u in zip(noise, uniform):
# for xi, u in zip(noise, uniform, strict=True):  ->  for xi, u in zip(noise, uniform, strict=False):

# %% equivalent="3.4" because="u is continuous, so that u = α has probability 0"
# swap = uniform < alpha  ->  swap = uniform <= alpha
