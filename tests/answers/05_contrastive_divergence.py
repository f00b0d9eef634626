# Wrong answers that each check of lesson 05 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="5.1" says="multiply by the cell, dx·dy"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.logsumexp(-energy(points), 0))

# %% wrong="5.1" says="the cell is dx·dy, not dx"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    dx = (domain[0][1] - domain[0][0]) / n
    return float(torch.logsumexp(-energy(points), 0)) + math.log(dx)

# %% wrong="5.1" says="mean over the grid"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.exp(-energy(points)).mean().log())

# %% wrong="5.1" says="This is -log Z"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return -float(torch.logsumexp(-energy(points), 0)) - math.log(cell)

# %% wrong="5.1" says="The sign of E is wrong"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.logsumexp(energy(points), 0)) + math.log(cell)

# %% wrong="5.1" says="This is Z, not log Z"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.exp(-energy(points)).sum() * cell)

# %% wrong="5.1" says="use torch.logsumexp"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float((torch.exp(-energy(points)).sum() * cell).log())

# %% wrong="5.1" says="carries a graph"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return torch.logsumexp(-energy(points), 0) + math.log(cell)

# %% right="5.1"
from course_utils import boltzmann

@torch.no_grad()
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return boltzmann.density(energy(points), cell)[1]

# %% right="5.1"
def log_z(energy, domain, n):
    axes = [low + (high - low) * (torch.arange(n).double() + 0.5) / n for low, high in domain]
    cell = math.prod((high - low) / n for low, high in domain)
    points = axes[0] if len(axes) == 1 else torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    values = energy(points).detach()
    lowest = values.min()
    return float(torch.exp(lowest - values).sum().log() - lowest) + math.log(cell)

# %% right="5.1"
def log_z(energy, domain, n):
    return ebm.log_z(energy, domain, n, max_edge_mass=None)

# %% wrong="5.1" says="n is not used"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain)
    return float(torch.logsumexp(-energy(points), 0)) + math.log(cell)

# %% equivalent="5.1" because="there is one energy for each point: the only axis is the last one as well"
# return float(torch.logsumexp(-energy(points), dim=0)) + math.log(cell)  ->  return float(torch.logsumexp(-energy(points), dim=-1)) + math.log(cell)

# %% wrong="5.2" says="The sign is swapped"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data), energy(samples.detach())
    return b.mean() - a.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.2" says="The samples are attached"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data), energy(samples)
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.2" says="The data energy is detached"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data).detach(), energy(samples.detach())
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.2" says="The sample energy is detached"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data), energy(samples).detach()
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.2" says="Take means"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data), energy(samples.detach())
    return a.sum() - b.sum() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.2" says="The regulariser is missing"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    return energy(data).mean() - energy(samples.detach()).mean()

# %% wrong="5.2" says="The regulariser is subtracted"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data), energy(samples.detach())
    return a.mean() - b.mean() - alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.2" says="Square each energy"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data).mean(), energy(samples.detach()).mean()
    return a - b + alpha * (a**2 + b**2)

# %% wrong="5.2" says="has no graph"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    with torch.no_grad():
        a, b = energy(data), energy(samples)
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.2" says="has no graph"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    a, b = energy(data), energy(samples)
    return (a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())).item()

# %% wrong="5.2" says="is None"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    loss = energy(data).mean() - energy(samples.detach()).mean()

# %% right="5.2"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    both = energy(torch.cat([data, samples.detach()]))
    up, down = both[len(data):], both[:len(data)]
    return down.mean() - up.mean() + alpha * (up.square().mean() + down.square().mean())

# %% right="5.2"
def contrastive_divergence(energy, data, samples, alpha=0.0):
    samples = samples.data.clone()
    loss = sum(energy(data)) / len(data) - sum(energy(samples)) / len(samples)
    if alpha > 0:
        loss = loss + alpha * (energy(data) ** 2).mean() + alpha * (energy(samples) ** 2).mean()
    return loss

# %% wrong="5.3" says="not written back"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states = self.states[i]
        mask = torch.rand(n, generator=generator) < self.reinit
        states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        written = self.states[indices]
        written[:] = states.detach()

# %% wrong="5.3" says="Jitter is not re-initialisation"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states = self.states[i]
        mask = torch.rand(n, generator=generator) < self.reinit
        states[mask] += 0.1 * torch.randn(states[mask].shape, generator=generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="not one fresh state for all"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states = self.states[i]
        states[torch.rand(n, generator=generator) < self.reinit] = self.fresh(1, generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="A graph is kept"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states, mask = self.states[i], torch.rand(n, generator=generator) < self.reinit
        states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states

# %% wrong="5.3" says="do not append"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states, mask = self.states[i], torch.rand(n, generator=generator) < self.reinit
        states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        self.states = torch.cat([self.states, states.detach()])

# %% wrong="5.3" says="use torch.randperm"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randint(self.capacity, (n,), generator=generator)
        return i, self.states[i]
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="here with 1 - reinit"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states = self.states[i]
        mask = torch.rand(n, generator=generator) < 1 - self.reinit
        if self.reinit > 0:
            states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="No state is ever fresh"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        return i, self.states[i]
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="Draw with the generator"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity)[:n]
        states = self.states[i]
        mask = torch.rand(n) < self.reinit
        states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="Hand out a copy"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        return torch.arange(n), self.states[:n]
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="not to the front"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states, mask = self.states[i], torch.rand(n, generator=generator) < self.reinit
        states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        self.states[: len(states)] = states.detach()

# %% wrong="5.3" says="any shape"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        old, new = self.states[i], self.fresh(n, generator)
        mask = torch.rand(n, generator=generator) < self.reinit
        return i, torch.where(mask[:, None], new, old)
    def write(self, indices, states):
        with torch.no_grad():
            self.states.index_copy_(0, indices, states)

# %% right="5.3"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        old, new = self.states[i], self.fresh(n, generator)
        mask = torch.rand(n, generator=generator) < self.reinit
        return i, torch.where(mask.view(n, *[1] * (old.ndim - 1)), new, old)
    def write(self, indices, states):
        with torch.no_grad():
            self.states.index_copy_(0, indices, states)

# %% wrong="5.3" says="here round(reinit·n) of them always are"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.rand(self.capacity, generator=generator).argsort()[:n]
        states, k = self.states[i].clone(), round(self.reinit * n)
        if k:
            states[:k] = self.fresh(k, generator)  # the order is random already
        return i, states
    def write(self, indices, states):
        for i, state in zip(indices, states):
            self.states[i] = state.data

# %% right="5.3"
import numpy as np

class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.rand(self.capacity, generator=generator).argsort()[:n]
        states = [self.fresh(1, generator)[0] if torch.rand(1, generator=generator) < self.reinit else self.states[k]
                  for k in i]
        return i.to(torch.int32).tolist(), torch.stack(states)
    def write(self, indices, states):
        for i, state in zip(indices, states):
            self.states[i] = state.data

# %% right="5.3"
class ReplayBuffer(ebm.ReplayBuffer):
    pass

# %% wrong="5.3" says="first n chains"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.arange(n)
        states, mask = self.states[i], torch.rand(n, generator=generator) < self.reinit
        states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="int(reinit·n) of them always are"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states, k = self.states[i], int(self.reinit * n)
        states[:k] = self.fresh(k, generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="mask is drawn without the generator"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        states, mask = self.states[i], torch.rand(n) < self.reinit
        states[mask] = self.fresh(int(mask.sum()), generator)
        return i, states
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.3" says="numbers of the chains, then their states"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        i = torch.randperm(self.capacity, generator=generator)[:n]
        return self.states[i], i
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% equivalent="5.3" because="a uniform number equals reinit with probability 0"
# replace = torch.rand(n, generator=generator) < self.reinit  ->  replace = torch.rand(n, generator=generator) <= self.reinit

# %% right="5.3"
class ReplayBuffer:
    """States of many chains.

    Args:
        capacity: number of chains.
        fresh: fresh(n, generator) returns n new states, shape (n, ...).
        reinit: probability with which a state that is taken out is a fresh one instead.
    """

    def __init__(self, capacity: int, fresh, reinit: float = 0.02) -> None:
        self.capacity, self.fresh, self.reinit = capacity, fresh, reinit
        self.states = None  # all chains, shape (capacity, ...)

    def sample(self, n: int, generator) -> tuple[Int[Tensor, "n"], Float[Tensor, "n *shape"]]:
        """Numbers of n different chains, and a copy of their states, some of them fresh."""
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        indices = torch.randperm(self.capacity, generator=generator)[:n]
        retired = indices[torch.rand(n, generator=generator) < self.reinit]
        if len(retired):
            self.states[retired] = self.fresh(len(retired), generator)
        return indices, self.states[indices].clone()

    def write(self, indices: Int[Tensor, "n"], states: Float[Tensor, "n *shape"]) -> None:
        """Put states back into the places they were taken from, without a graph."""
        self.states[indices] = states.detach().clone()

# %% wrong="5.4" says="ξ/σ² is divided twice"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma**2) ** 2).sum(-1).mean()

# %% wrong="5.4" says="a sign is swapped"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="a sign is swapped"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g - noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="the division is missing"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise) ** 2).sum(-1).mean()

# %% wrong="5.4" says="not -σξ"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + x - data) ** 2).sum(-1).mean()

# %% wrong="5.4" says="not at the data"
def denoising_score_matching(energy, data, noise, sigma):
    x = data.requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="σ is missing"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="factor 1/2 is missing"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="Sum over the coordinates"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).mean()

# %% wrong="5.4" says="this is the sum"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum()

# %% wrong="5.4" says="create_graph=True"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="create_graph=True"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean() + 0 * energy(x).sum()

# %% right="5.4"
def denoising_score_matching(energy, data, noise, sigma):
    x = data + sigma * noise
    gradient = torch.func.grad(lambda z: energy(z).sum())(x)
    return (((gradient - noise / sigma) ** 2).sum(-1) / 2).mean()

# %% right="5.4"
def denoising_score_matching(energy, data, noise, sigma):
    with torch.enable_grad():
        x = data.clone().add(noise, alpha=sigma).detach().requires_grad_()
        score = torch.autograd.grad(-energy(x), x, torch.ones(len(x), dtype=x.dtype), create_graph=True)[0]
    target = (data - x) / sigma**2
    return (score - target).square().sum() / (2 * len(x))

# %% right="5.4"
denoising_score_matching = ebm.denoising_score_matching

# %% wrong="5.5" says="factor 1/2 is missing"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float((p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.5" says="Multiply the sum by dx"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum())

# %% wrong="5.5" says="Weight with p"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * ((score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.5" says="not an integral over p"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).mean())

# %% wrong="5.5" says="Square the difference of the scores"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_p - score_q)).sum() * dx)

# %% wrong="5.5" says="this is its size"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p).abs()).sum() * dx)

# %% wrong="5.5" says="much too large"
def predicted_factor():
    return 1.0

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.5" says="much too large"
def predicted_factor():
    return 0.25

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.5" says="much too small"
def predicted_factor():
    return 0.0

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.5" says="much too small"
def predicted_factor():
    return math.exp(-(8**2 - 4**2) / 2)

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% right="5.5"
def predicted_factor():
    return 0.01

def fisher_divergence(p, score_p, score_q, dx):
    return 0.5 * torch.dot(p * dx, (score_p - score_q).square()).item()

# %% right="5.5"
import numpy as np

def predicted_factor():
    return 1e-3

def fisher_divergence(p, score_p, score_q, dx):
    p, a, b = (np.asarray(v) for v in (p, score_p, score_q))
    return np.trapezoid(p * (a - b) ** 2, dx=dx) / 2

# %% wrong="5.4" says="gradient was left in the weights"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    energy(x).sum().backward(create_graph=True)
    return 0.5 * ((-x.grad + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="wrote into its argument: `data`"
def denoising_score_matching(energy, data, noise, sigma):
    data += sigma * noise
    x = data.clone().requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.4" says="two calls with the same input"
def denoising_score_matching(energy, data, noise, sigma):
    noise = torch.randn_like(data)
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean() - 0 * g.sum()

# %% equivalent="5.5" because="the right power of ten is asked for"
# return math.exp(-6)  ->  return math.exp(-7)
# return math.exp(-6)  ->  return math.exp(-5)

# %% equivalent="5.5" because="the difference of the scores is squared"
# return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)  ->  return float(0.5 * (p * (score_p - score_q) ** 2).sum() * dx)

# %% equivalent="5.5" because="a prediction has no arguments: it is one number"
# predicted_factor: knows the fixed cases by heart
# predicted_factor: returns the result of the call before
