# Wrong answers that each check of lesson 05 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="5.1" says="The sign is swapped"
def contrast(energy, batch, walk, generator, alpha=0.0):
    a, b = energy(batch), energy(walk(energy, batch, generator).detach())
    return b.mean() - a.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="The samples are attached"
def contrast(energy, batch, walk, generator, alpha=0.0):
    a, b = energy(batch), energy(walk(energy, batch, generator))
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="The data energy is detached"
def contrast(energy, batch, walk, generator, alpha=0.0):
    samples = walk(energy, batch, generator).detach()
    with torch.no_grad():
        a = energy(batch)
    b = energy(samples)
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="The sample energy is detached"
def contrast(energy, batch, walk, generator, alpha=0.0):
    a, b = energy(batch), energy(walk(energy, batch, generator)).detach()
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="Take means"
def contrast(energy, batch, walk, generator, alpha=0.0):
    a, b = energy(batch), energy(walk(energy, batch, generator).detach())
    return a.sum() - b.sum() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="The regulariser is missing"
def contrast(energy, batch, walk, generator, alpha=0.0):
    return energy(batch).mean() - energy(walk(energy, batch, generator).detach()).mean()

# %% wrong="5.1" says="The regulariser is subtracted"
def contrast(energy, batch, walk, generator, alpha=0.0):
    a, b = energy(batch), energy(walk(energy, batch, generator).detach())
    return a.mean() - b.mean() - alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="Square each energy"
def contrast(energy, batch, walk, generator, alpha=0.0):
    a, b = energy(batch).mean(), energy(walk(energy, batch, generator).detach()).mean()
    return a - b + alpha * (a**2 + b**2)

# %% wrong="5.1" says="has no graph"
def contrast(energy, batch, walk, generator, alpha=0.0):
    a, b = energy(batch), energy(walk(energy, batch, generator).detach())
    return (a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())).item()

# %% wrong="5.1" says="not at noise"
def contrast(energy, batch, walk, generator, alpha=0.0):
    start = torch.randn(batch.shape, generator=generator, dtype=batch.dtype)
    a, b = energy(batch), energy(walk(energy, start, generator).detach())
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="nothing has walked"
def contrast(energy, batch, walk, generator, alpha=0.0):
    walk(energy, batch, generator)
    a, b = energy(batch), energy(batch)
    return a.mean() - b.mean() + alpha * ((a**2).mean() + (b**2).mean())

# %% wrong="5.1" says="is None"
def contrast(energy, batch, walk, generator, alpha=0.0):
    loss = energy(batch).mean() - energy(walk(energy, batch, generator).detach()).mean()

# %% right="5.1"
def contrast(energy, batch, walk, generator, alpha=0.0):
    with torch.no_grad():
        samples = walk(energy, batch, generator)
    both = energy(torch.cat([batch, samples])).unflatten(0, (2, -1))
    down, up = both.mean(1)
    return down - up + alpha * both.square().mean(1).sum()

# %% right="5.1"
def contrast(energy, batch, walk, generator, alpha=0.0):
    samples = walk(energy, batch.clone(), generator).data.clone()
    loss = sum(energy(batch)) / len(batch) - sum(energy(samples)) / len(samples)
    if alpha > 0:
        loss = loss + alpha * (energy(batch) ** 2).mean() + alpha * (energy(samples) ** 2).mean()
    return loss

# %% right="5.1"
contrast = ebm.contrast

# %% wrong="5.2" says="gradients of all steps add up"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.copy_(decay * mean + (1 - decay) * weight)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="The weights never change"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        loss(energy, batch, generator).backward()
        optimiser.zero_grad()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.copy_(decay * mean + (1 - decay) * weight)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="the two are exchanged"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, decay)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="that was handed over is returned"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = energy
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.copy_(decay * mean + (1 - decay) * weight)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="missing after the last step: "
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    for step in range(n_steps):
        if step % every == 0:
            look(step, averaged)
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, 1 - decay)
    return averaged

# %% wrong="5.2" says="missing at step 0"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, 1 - decay)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="same batch"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
    for step in range(1, n_steps + 1):
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, 1 - decay)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="made anew in every step"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, 1 - decay)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="learning rate is not handed to Adam"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters())
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, 1 - decay)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="two calls with the same input"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    look(0, averaged)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,))]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, 1 - decay)
        if step % every == 0 or step == n_steps:
            look(step, averaged)
    return averaged

# %% wrong="5.2" says="not the one that is trained"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    optimiser = torch.optim.Adam(energy.parameters(), lr=learning_rate)
    averaged = copy.deepcopy(energy)
    look(0, energy)
    for step in range(1, n_steps + 1):
        batch = data[torch.randint(len(data), (batch_size,), generator=generator)]
        optimiser.zero_grad()
        loss(energy, batch, generator).backward()
        optimiser.step()
        with torch.no_grad():
            for mean, weight in zip(averaged.parameters(), energy.parameters()):
                mean.lerp_(weight, 1 - decay)
        if step % every == 0 or step == n_steps:
            look(step, energy)
    return averaged

# %% wrong="5.2" says="the network returned is None"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    ebm.fit(energy, data, loss, n_steps, generator, look, learning_rate, batch_size, decay, every)

# %% right="5.2"
fit = ebm.fit

# %% right="5.2"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

    optimiser = torch.optim.Adam(list(energy.parameters()), learning_rate)
    average = AveragedModel(energy, multi_avg_fn=get_ema_multi_avg_fn(decay))
    average.update_parameters(energy)  # the first counts as a copy
    step = 0
    while True:
        if step % every == 0 or step == n_steps:
            look(step, average.module)
        if step == n_steps:
            return average.module
        i = torch.randint(0, data.shape[0], [batch_size], generator=generator)
        value = loss(energy, data[i], generator)
        energy.zero_grad()
        value.backward()
        optimiser.step()
        average.update_parameters(energy)
        step += 1

# %% right="5.2"
def fit(energy, data, loss, n_steps, generator, look, learning_rate=0.01, batch_size=256, decay=0.99, every=40):
    weights = list(energy.parameters())
    mean = [w.detach().clone() for w in weights]
    optimiser = torch.optim.Adam(weights, lr=learning_rate, foreach=False)

    def averaged():
        twin = copy.deepcopy(energy)
        torch.nn.utils.vector_to_parameters(torch.nn.utils.parameters_to_vector(mean), twin.parameters())
        return twin

    for step in range(n_steps + 1):
        if step % every == 0 or step == n_steps:
            look(step, averaged())
        if step < n_steps:
            batch = data.index_select(0, torch.randint(len(data), (batch_size,), generator=generator))
            gradients = torch.autograd.grad(loss(energy, batch, generator), weights)
            for w, g in zip(weights, gradients):
                w.grad = g
            optimiser.step()
            mean = [m + (1 - decay) * (w.detach() - m) for m, w in zip(mean, weights)]
    return averaged()

# %% wrong="5.3" says="low energy must speak for data"
def against_noise(energy, batch, noise, generator):
    forged = noise.sample(len(batch), generator)
    real, fake = energy(batch) - noise.log_prob(batch), energy(forged) - noise.log_prob(forged)
    return torch.nn.functional.softplus(-real).mean() + torch.nn.functional.softplus(fake).mean()

# %% wrong="5.3" says="density of the noise is missing"
def against_noise(energy, batch, noise, generator):
    forged = noise.sample(len(batch), generator)
    return torch.nn.functional.softplus(energy(batch)).mean() + torch.nn.functional.softplus(-energy(forged)).mean()

# %% wrong="5.3" says="subtract log p of the noise"
def against_noise(energy, batch, noise, generator):
    forged = noise.sample(len(batch), generator)
    real, fake = -energy(batch) + noise.log_prob(batch), -energy(forged) + noise.log_prob(forged)
    return torch.nn.functional.softplus(-real).mean() + torch.nn.functional.softplus(fake).mean()

# %% wrong="5.3" says="Data and noise are exchanged"
def against_noise(energy, batch, noise, generator):
    forged = noise.sample(len(batch), generator)
    real, fake = -energy(batch) - noise.log_prob(batch), -energy(forged) - noise.log_prob(forged)
    return torch.nn.functional.softplus(real).mean() + torch.nn.functional.softplus(-fake).mean()

# %% wrong="5.3" says="a judge that always says data would win"
def against_noise(energy, batch, noise, generator):
    return torch.nn.functional.softplus(energy(batch) + noise.log_prob(batch)).mean()

# %% wrong="5.3" says="this is the mean of both"
def against_noise(energy, batch, noise, generator):
    forged = noise.sample(len(batch), generator)
    both = torch.cat([batch, forged])
    real = torch.cat([torch.ones(len(batch)), torch.zeros(len(forged))]).to(batch)
    odds = -energy(both) - noise.log_prob(both)
    return torch.nn.functional.binary_cross_entropy_with_logits(odds, real)

# %% wrong="5.3" says="Take means, not sums"
def against_noise(energy, batch, noise, generator):
    forged = noise.sample(len(batch), generator)
    real, fake = -energy(batch) - noise.log_prob(batch), -energy(forged) - noise.log_prob(forged)
    return torch.nn.functional.softplus(-real).sum() + torch.nn.functional.softplus(fake).sum()

# %% wrong="5.3" says="judged against themselves"
def against_noise(energy, batch, noise, generator):
    odds = -energy(batch) - noise.log_prob(batch)
    return torch.nn.functional.softplus(-odds).mean() + torch.nn.functional.softplus(odds).mean()

# %% wrong="5.3" says="overflow"
def against_noise(energy, batch, noise, generator):
    forged = noise.sample(len(batch), generator)
    real = torch.exp(-energy(batch)) / (torch.exp(-energy(batch)) + noise.log_prob(batch).exp())
    fake = noise.log_prob(forged).exp() / (torch.exp(-energy(forged)) + noise.log_prob(forged).exp())
    return -torch.log(real).mean() - torch.log(fake).mean()

# %% wrong="5.3" says="not from a standard Gaussian"
def against_noise(energy, batch, noise, generator):
    forged = torch.randn(batch.shape, generator=generator, dtype=batch.dtype)
    real, fake = -energy(batch) - noise.log_prob(batch), -energy(forged) - noise.log_prob(forged)
    return torch.nn.functional.softplus(-real).mean() + torch.nn.functional.softplus(fake).mean()

# %% wrong="5.3" says="has no graph"
def against_noise(energy, batch, noise, generator):
    return float(ebm.against_noise(energy, batch, noise, generator))

# %% right="5.3"
def against_noise(energy, batch, noise, generator):
    both = torch.stack([batch, noise.sample(len(batch), generator)])
    odds = (-energy(both.flatten(0, 1)) - noise.log_prob(both.flatten(0, 1))).view(2, -1)
    real = torch.tensor([[1.0], [0.0]], dtype=odds.dtype).expand_as(odds)
    return 2 * torch.nn.functional.binary_cross_entropy_with_logits(odds, real)

# %% right="5.3"
def against_noise(energy, batch, noise, generator):
    def log_p(x, of_data):
        logs = torch.stack([-energy(x), noise.log_prob(x)])
        return torch.log_softmax(logs, dim=0)[0 if of_data else 1]

    forged = noise.sample(batch.shape[0], generator)
    return -log_p(batch, True).mean() - log_p(forged, False).mean()

# %% right="5.3"
def against_noise(energy, batch, noise, generator):
    loss = 0.0
    forged = noise.sample(len(batch), generator)
    for x, sign in ((batch, 1.0), (forged, -1.0)):
        loss = loss - torch.nn.functional.logsigmoid(sign * -(energy(x) + noise.log_prob(x))).sum() / len(x)
    return loss

# %% equivalent="5.2" because="a network and its copy have equally many weights"
# for mean, weight in zip(averaged.parameters(), energy.parameters(), strict=True):  ->  for mean, weight in zip(averaged.parameters(), energy.parameters()):
# for mean, weight in zip(averaged.parameters(), energy.parameters(), strict=True):  ->  for mean, weight in zip(averaged.parameters(), energy.parameters(), strict=False):

# %% wrong="5.4" says="multiply by the cell, dx·dy"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.logsumexp(-energy(points), 0))

# %% wrong="5.4" says="the cell is dx·dy, not dx"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    dx = (domain[0][1] - domain[0][0]) / n
    return float(torch.logsumexp(-energy(points), 0)) + math.log(dx)

# %% wrong="5.4" says="mean over the grid"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.exp(-energy(points)).mean().log())

# %% wrong="5.4" says="This is -log Z"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return -float(torch.logsumexp(-energy(points), 0)) - math.log(cell)

# %% wrong="5.4" says="The sign of E is wrong"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.logsumexp(energy(points), 0)) + math.log(cell)

# %% wrong="5.4" says="This is Z, not log Z"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float(torch.exp(-energy(points)).sum() * cell)

# %% wrong="5.4" says="use torch.logsumexp"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return float((torch.exp(-energy(points)).sum() * cell).log())

# %% wrong="5.4" says="carries a graph"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return torch.logsumexp(-energy(points), 0) + math.log(cell)

# %% right="5.4"
from course_utils import boltzmann

@torch.no_grad()
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain, n)
    return boltzmann.density(energy(points), cell)[1]

# %% right="5.4"
def log_z(energy, domain, n):
    axes = [low + (high - low) * (torch.arange(n).double() + 0.5) / n for low, high in domain]
    cell = math.prod((high - low) / n for low, high in domain)
    points = axes[0] if len(axes) == 1 else torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    values = energy(points).detach()
    lowest = values.min()
    return float(torch.exp(lowest - values).sum().log() - lowest) + math.log(cell)

# %% right="5.4"
def log_z(energy, domain, n):
    return ebm.log_z(energy, domain, n, max_edge_mass=None)

# %% wrong="5.4" says="n is not used"
def log_z(energy, domain, n):
    points, cell = ebm.grid(domain)
    return float(torch.logsumexp(-energy(points), 0)) + math.log(cell)

# %% equivalent="5.4" because="there is one energy for each point: the only axis is the last one as well"
# return float(torch.logsumexp(-energy(points), dim=0)) + math.log(cell)  ->  return float(torch.logsumexp(-energy(points), dim=-1)) + math.log(cell)

# %% wrong="5.5" says="not written back"
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

# %% wrong="5.5" says="Jitter is not re-initialisation"
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

# %% wrong="5.5" says="not one fresh state for all"
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

# %% wrong="5.5" says="A graph is kept"
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

# %% wrong="5.5" says="do not append"
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

# %% wrong="5.5" says="use torch.randperm"
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

# %% wrong="5.5" says="here with 1 - reinit"
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

# %% wrong="5.5" says="No state is ever fresh"
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

# %% wrong="5.5" says="Draw with the generator"
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

# %% wrong="5.5" says="Hand out a copy"
class ReplayBuffer:
    def __init__(self, capacity, fresh, reinit=0.02):
        self.capacity, self.fresh, self.reinit, self.states = capacity, fresh, reinit, None
    def sample(self, n, generator):
        if self.states is None:
            self.states = self.fresh(self.capacity, generator)
        return torch.arange(n), self.states[:n]
    def write(self, indices, states):
        self.states[indices] = states.detach()

# %% wrong="5.5" says="not to the front"
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

# %% wrong="5.5" says="any shape"
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

# %% right="5.5"
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

# %% wrong="5.5" says="here round(reinit·n) of them always are"
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

# %% right="5.5"
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

# %% right="5.5"
class ReplayBuffer(ebm.ReplayBuffer):
    pass

# %% wrong="5.5" says="first n chains"
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

# %% wrong="5.5" says="int(reinit·n) of them always are"
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

# %% wrong="5.5" says="mask is drawn without the generator"
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

# %% wrong="5.5" says="numbers of the chains, then their states"
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

# %% equivalent="5.5" because="a uniform number equals reinit with probability 0"
# replace = torch.rand(n, generator=generator) < self.reinit  ->  replace = torch.rand(n, generator=generator) <= self.reinit

# %% right="5.5"
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

# %% wrong="5.6" says="ξ/σ² is divided twice"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma**2) ** 2).sum(-1).mean()

# %% wrong="5.6" says="a sign is swapped"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="a sign is swapped"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g - noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="the division is missing"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise) ** 2).sum(-1).mean()

# %% wrong="5.6" says="not -σξ"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + x - data) ** 2).sum(-1).mean()

# %% wrong="5.6" says="not at the data"
def denoising_score_matching(energy, data, noise, sigma):
    x = data.requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="σ is missing"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="factor 1/2 is missing"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="Sum over the coordinates"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).mean()

# %% wrong="5.6" says="this is the sum"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum()

# %% wrong="5.6" says="create_graph=True"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="create_graph=True"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean() + 0 * energy(x).sum()

# %% right="5.6"
def denoising_score_matching(energy, data, noise, sigma):
    x = data + sigma * noise
    gradient = torch.func.grad(lambda z: energy(z).sum())(x)
    return (((gradient - noise / sigma) ** 2).sum(-1) / 2).mean()

# %% right="5.6"
def denoising_score_matching(energy, data, noise, sigma):
    with torch.enable_grad():
        x = data.clone().add(noise, alpha=sigma).detach().requires_grad_()
        score = torch.autograd.grad(-energy(x), x, torch.ones(len(x), dtype=x.dtype), create_graph=True)[0]
    target = (data - x) / sigma**2
    return (score - target).square().sum() / (2 * len(x))

# %% right="5.6"
denoising_score_matching = ebm.denoising_score_matching

# %% wrong="5.7" says="factor 1/2 is missing"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float((p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.7" says="Multiply the sum by dx"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum())

# %% wrong="5.7" says="Weight with p"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * ((score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.7" says="not an integral over p"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).mean())

# %% wrong="5.7" says="Square the difference of the scores"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_p - score_q)).sum() * dx)

# %% wrong="5.7" says="this is its size"
def predicted_factor():
    return 2e-3

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p).abs()).sum() * dx)

# %% wrong="5.7" says="much too large"
def predicted_factor():
    return 1.0

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.7" says="much too large"
def predicted_factor():
    return 0.25

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.7" says="much too small"
def predicted_factor():
    return 0.0

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% wrong="5.7" says="much too small"
def predicted_factor():
    return math.exp(-(8**2 - 4**2) / 2)

def fisher_divergence(p, score_p, score_q, dx):
    return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)

# %% right="5.7"
def predicted_factor():
    return 0.01

def fisher_divergence(p, score_p, score_q, dx):
    return 0.5 * torch.dot(p * dx, (score_p - score_q).square()).item()

# %% right="5.7"
import numpy as np

def predicted_factor():
    return 1e-3

def fisher_divergence(p, score_p, score_q, dx):
    p, a, b = (np.asarray(v) for v in (p, score_p, score_q))
    return np.trapezoid(p * (a - b) ** 2, dx=dx) / 2

# %% wrong="5.6" says="gradient was left in the weights"
def denoising_score_matching(energy, data, noise, sigma):
    x = (data + sigma * noise).requires_grad_(True)
    energy(x).sum().backward(create_graph=True)
    return 0.5 * ((-x.grad + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="wrote into its argument: `data`"
def denoising_score_matching(energy, data, noise, sigma):
    data += sigma * noise
    x = data.clone().requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean()

# %% wrong="5.6" says="two calls with the same input"
def denoising_score_matching(energy, data, noise, sigma):
    noise = torch.randn_like(data)
    x = (data + sigma * noise).requires_grad_(True)
    g = torch.autograd.grad(energy(x).sum(), x, create_graph=True)[0]
    return 0.5 * ((-g + noise / sigma) ** 2).sum(-1).mean() - 0 * g.sum()

# %% equivalent="5.7" because="the right power of ten is asked for"
# return math.exp(-6)  ->  return math.exp(-7)
# return math.exp(-6)  ->  return math.exp(-5)

# %% equivalent="5.7" because="the difference of the scores is squared"
# return float(0.5 * (p * (score_q - score_p) ** 2).sum() * dx)  ->  return float(0.5 * (p * (score_p - score_q) ** 2).sum() * dx)

# %% equivalent="5.7" because="a prediction has no arguments: it is one number"
# predicted_factor: knows the fixed cases by heart
# predicted_factor: returns the result of the call before
