# Wrong answers that each check of lesson 06 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="6.1" says="not written back"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="in its own place"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[: len(taken)] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="starts at the data"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = batch[torch.arange(len(taken)) % len(batch)]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="pulls downhill"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x + step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="a factor √2 is missing"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="the first is used in all"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * noise[0]
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="descent must lower the data"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (-gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="not shortened to length 1"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="not shortened to length 1"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    (gap + alpha * size).backward()
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="not each number"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_value_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="all weights together"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    for weight in energy.parameters():
        torch.nn.utils.clip_grad_norm_(weight, 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="are still there"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="weights did not move"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    return float(gap)

# %% wrong="6.1" says="Square first"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = energy(batch).mean() ** 2 + energy(x).mean() ** 2
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="two means of E² are missing"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="before their walk"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = first = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(first).mean()
    size = (energy(batch) ** 2).mean() + (energy(first) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap)

# %% wrong="6.1" says="return the gap"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return float(gap + alpha * size)

# %% wrong="6.1" says="drags a graph along"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x).mean()
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return gap

# %% wrong="6.1" says="not one number"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
    chains[taken] = x
    gap = energy(batch).mean() - energy(x)
    size = (energy(batch) ** 2).mean() + (energy(x) ** 2).mean()
    optimiser.zero_grad()
    (gap.mean() + alpha * size).backward()
    torch.nn.utils.clip_grad_norm_(energy.parameters(), 1.0)
    optimiser.step()
    return gap.detach()

# %% right="6.1"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    x = chains[taken]
    for kick in noise:
        x = x.clone().requires_grad_(True)
        energy(x).sum().backward()  # leaves gradients in the weights, which zero_grad takes away
        x = (x - step_size * x.grad + (2 * step_size) ** 0.5 * kick).detach()
    chains.index_copy_(0, taken, x)
    optimiser.zero_grad(set_to_none=False)
    both = energy(torch.cat([batch, x]))
    d, m = both[: len(batch)], both[len(batch) :]
    gap = d.mean() - m.mean()
    loss = gap + alpha * (d.square().mean() + m.square().mean())
    loss.backward()
    norm = torch.sqrt(sum(p.grad.square().sum() for p in energy.parameters()))
    for p in energy.parameters():
        p.grad /= max(1.0, float(norm))
    optimiser.step()
    return gap.item()

# %% right="6.1"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    def walk(x, left):
        if not len(left):
            return x
        force = -torch.func.grad(lambda z: energy(z).sum())(x)
        return walk(x + step_size * force + math.sqrt(2 * step_size) * left[0], left[1:])

    new = walk(chains[taken].clone(), noise).detach()
    for i, state in zip(taken.tolist(), new):
        chains[i] = state
    loss = ebm.contrastive_divergence(energy, batch, new, alpha)
    gap = ebm.contrastive_divergence(energy, batch, new).item()
    weights = list(energy.parameters())
    for p, g in zip(weights, torch.autograd.grad(loss, weights)):
        p.grad = g
    torch.nn.utils.clip_grad_norm_(weights, max_norm=1)
    optimiser.step()
    return gap

# %% right="6.1"
def training_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha=0.002):
    return ebm.persistent_step(energy, optimiser, batch, chains, taken, step_size, noise, alpha)

# %% wrong="6.2" says="you gave them nothing"
def auroc(scores_in, scores_out):
    return float((scores_out[:, None] > scores_in).double().mean())

# %% wrong="6.2" says="counted them fully"
def auroc(scores_in, scores_out):
    return float((scores_out[:, None] >= scores_in).double().mean())

# %% wrong="6.2" says="upside down"
def auroc(scores_in, scores_out):
    difference = scores_in[:, None] - scores_out[None, :]
    return float(((difference > 0).double() + 0.5 * (difference == 0)).mean())

# %% wrong="6.2" says="upside down"
def auroc(scores_in, scores_out):
    difference = -scores_out[:, None] + scores_in[None, :]
    return float((torch.sign(difference) / 2 + 0.5).mean())

# %% wrong="6.2" says="best accuracy of a single limit"
def auroc(scores_in, scores_out):
    both = torch.cat([scores_in, scores_out])
    return max(float(((scores_out > c).double().mean() + (scores_in <= c).double().mean()) / 2) for c in both)

# %% wrong="6.2" says="compares with the mean"
def auroc(scores_in, scores_out):
    return float((scores_out > scores_in.mean()).double().mean())

# %% wrong="6.2" says="number of pairs"
def auroc(scores_in, scores_out):
    difference = scores_out[:, None] - scores_in[None, :]
    return float(((difference > 0).double() + 0.5 * (difference == 0)).sum() / len(scores_out))

# %% wrong="6.2" says="number of pairs"
def auroc(scores_in, scores_out):
    difference = scores_out[:, None] - scores_in[None, :]
    return float(((difference > 0).double() + 0.5 * (difference == 0)).sum() / len(scores_in))

# %% wrong="6.2" says="your code raised RuntimeError: The size of tensor a (7) must match"
def auroc(scores_in, scores_out):
    return float((scores_out > scores_in).double().mean())

# %% wrong="6.2" says="wrote into its argument: `scores_in`"
def auroc(scores_in, scores_out):
    real = scores_in.numpy()
    real.sort()  # the array and the tensor share their memory
    below = torch.searchsorted(scores_in, scores_out, right=False)
    not_above = torch.searchsorted(scores_in, scores_out, right=True)
    return float((below + not_above).double().mean() / 2 / len(real))

# %% right="6.2"
def auroc(scores_in, scores_out):
    real = scores_in.sort().values
    below, not_above = torch.searchsorted(real, scores_out), torch.searchsorted(real, scores_out, right=True)
    return ((below + not_above).double().mean() / 2 / len(real)).numpy()

# %% right="6.2"
def auroc(scores_in, scores_out):
    from scipy.stats import rankdata

    n, m = len(scores_in), len(scores_out)
    ranks = rankdata(torch.cat([scores_in, scores_out]).numpy())
    return (ranks[n:].sum() - m * (m + 1) / 2) / (n * m)

# %% right="6.2"
def auroc(scores_in, scores_out):
    from sklearn.metrics import roc_auc_score

    labels = [0] * len(scores_in) + [1] * len(scores_out)
    return roc_auc_score(labels, torch.cat([scores_in, scores_out]).numpy())

# %% right="6.2"
def auroc(scores_in, scores_out):
    points = [(0.0, 0.0)]
    for c in torch.cat([scores_in, scores_out]).unique().flip(0):
        points.append((float((scores_in >= c).double().mean()), float((scores_out >= c).double().mean())))
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:]))

# %% wrong="6.3" says="Nothing is clamped"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size * temperature) * ξ
    return x

# %% wrong="6.3" says="Clamped only at the end"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    known = x
    for ξ in noise:
        x = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size * temperature) * ξ
    return torch.where(free, x, known)

# %% wrong="6.3" says="The noise moves the known pixels"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        gradient = torch.where(free, samplers.gradient(energy, x), 0.0)
        x = x - step_size * gradient + math.sqrt(2 * step_size * temperature) * ξ
    return x

# %% wrong="6.3" says="The force moves the known pixels"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        kick = math.sqrt(2 * step_size * temperature) * ξ * free
        x = x - step_size * samplers.gradient(energy, x) + kick
    return x

# %% wrong="6.3" says="upside down"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        noise = math.sqrt(2 * step_size * temperature) * ξ
        x = torch.where(free, x, x - step_size * samplers.gradient(energy, x) + noise)
    return x

# %% wrong="6.3" says="temperature is missing"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        moved = x - step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size) * ξ
        x = torch.where(free, moved, x)
    return x

# %% wrong="6.3" says="sign of the force"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        noise = math.sqrt(2 * step_size * temperature) * ξ
        x = torch.where(free, x + step_size * samplers.gradient(energy, x) + noise, x)
    return x

# %% wrong="6.3" says="a factor √2 is missing"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        moved = x - step_size * samplers.gradient(energy, x) + math.sqrt(step_size * temperature) * ξ
        x = torch.where(free, moved, x)
    return x

# %% wrong="6.3" says="sees only the known pixels"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    known = torch.where(free, 0.0, x)  # the energy sees known pixels only
    for ξ in noise:
        gradient = samplers.gradient(energy, known)
        x = torch.where(free, x - step_size * gradient + math.sqrt(2 * step_size * temperature) * ξ, x)
    return x

# %% wrong="6.3" says="drags a graph"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    x = x.clone().requires_grad_(True)
    for ξ in noise:
        (gradient,) = torch.autograd.grad(energy(x).sum(), x, create_graph=True)
        x = torch.where(free, x - step_size * gradient + math.sqrt(2 * step_size * temperature) * ξ, x)
    return x

# %% wrong="6.3" says="wrote into its argument: `x`"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    for ξ in noise:
        step = -step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size * temperature) * ξ
        x += free * step
    return x

# %% right="6.3"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    free = free.to(x)
    for ξ in noise:
        change = -step_size * samplers.gradient(energy, x) + math.sqrt(2 * step_size * temperature) * ξ
        x = x + free * change
    return x

# %% right="6.3"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    z = x[..., free]  # only the free pixels are coordinates
    for ξ in noise:
        z = z.detach().requires_grad_(True)
        whole = x.clone()
        whole[..., free] = z
        (slope,) = torch.autograd.grad(energy(whole).sum(), z)
        z = z.detach() - step_size * slope + (2 * step_size * temperature) ** 0.5 * ξ[..., free]
    whole = x.clone()
    whole[..., free] = z
    return whole

# %% right="6.3"
def clamped_langevin(energy, x, free, step_size, temperature, noise):
    known = x.clone()
    for ξ in noise:
        score = -torch.func.grad(lambda z: energy(z).sum())(x) / temperature
        x = x + step_size * temperature * score + math.sqrt(2 * step_size * temperature) * ξ
        x = torch.where(~free, known, x)
    return x.clone()

# %% wrong="6.4" says="sign is wrong"
def label_energy(logits, labels):
    return torch.logsumexp(logits[:, labels], dim=1)

# %% wrong="6.4" says="E(x) has dropped out"
def label_energy(logits, labels):
    return -torch.logsumexp(torch.log_softmax(logits, dim=1)[:, labels], dim=1)

# %% wrong="6.4" says="The log is missing"
def label_energy(logits, labels):
    return -logits[:, labels].exp().sum(1)

# %% wrong="6.4" says="not the logits"
def label_energy(logits, labels):
    return -logits[:, labels].sum(1)

# %% wrong="6.4" says="limit T → 0"
def label_energy(logits, labels):
    return -logits[:, labels].max(1).values

# %% wrong="6.4" says="not a mean"
def label_energy(logits, labels):
    return math.log(len(labels)) - torch.logsumexp(logits[:, labels], dim=1)

# %% wrong="6.4" says="labels are not used"
def label_energy(logits, labels):
    return -torch.logsumexp(logits, dim=1)

# %% wrong="6.4" says="not over images"
def label_energy(logits, labels):
    return -torch.logsumexp(logits[:, labels], dim=0)

# %% wrong="6.4" says="overflows"
def label_energy(logits, labels):
    return -logits[:, labels].exp().sum(1).log()

# %% wrong="6.4" says="wrote into its argument: `logits`"
def label_energy(logits, labels):
    top = logits[:, labels].max(1, keepdim=True).values
    logits -= top
    return -top[:, 0] - logits[:, labels].exp().sum(1).log()

# %% wrong="6.4" says="autograd finds no derivative"
def label_energy(logits, labels):
    with torch.no_grad():
        return -torch.logsumexp(logits[:, labels], dim=1)

# %% wrong="6.4" says="an unlikely set gives log 0"
def label_energy(logits, labels):
    top = logits.max(1).values
    return -(top + (logits - top[:, None]).exp()[:, labels].sum(1).log())

# %% right="6.4"
def label_energy(logits, labels):
    chosen = torch.stack([logits[:, y] for y in labels])
    top = chosen.max(0).values
    return -top - (chosen - top).exp().sum(0).log()

# %% right="6.4"
def label_energy(logits, labels):
    shut = torch.ones(logits.shape[1], dtype=torch.bool)
    shut[list(labels)] = False
    return -torch.logsumexp(logits.masked_fill(shut, -math.inf), dim=1)

# %% wrong="6.5" says="The weights are not used"
def compose(energies, weights):
    return lambda x: sum(energy(x) for energy in energies)

# %% wrong="6.5" says="densities multiply"
def compose(energies, weights):
    return lambda x: torch.stack([energy(x) for energy in energies]).prod(0)

# %% wrong="6.5" says="densities multiply"
def compose(energies, weights):
    return lambda x: torch.stack([w * energy(x) for w, energy in zip(weights, energies)]).prod(0)

# %% wrong="6.5" says="the mean raises the temperature"
def compose(energies, weights):
    return lambda x: torch.stack([w * energy(x) for w, energy in zip(weights, energies)]).mean(0)

# %% wrong="6.5" says="sum of the weights"
def compose(energies, weights):
    return lambda x: sum(w * energy(x) for w, energy in zip(weights, energies)) / sum(weights)

# %% wrong="6.5" says="This is 'or'"
def compose(energies, weights):
    return lambda x: -torch.logsumexp(-torch.stack([energy(x) for energy in energies]), dim=0)

# %% wrong="6.5" says="they do not shift"
def compose(energies, weights):
    return lambda x: sum(w + energy(x) for w, energy in zip(weights, energies))

# %% wrong="6.5" says="Only the last energy"
def compose(energies, weights):
    terms = []
    for w, energy in zip(weights, energies):
        terms.append(lambda x: w * energy(x))  # w and energy are looked up when it is called
    return lambda x: sum(term(x) for term in terms)

# %% wrong="6.5" says="returns no function"
def compose(energies, weights):
    x = torch.zeros(4, 1, 2, 2)
    return sum(w * energy(x) for w, energy in zip(weights, energies))

# %% wrong="6.5" says="No detach"
def compose(energies, weights):
    def total(x):
        with torch.no_grad():
            return sum(w * energy(x) for w, energy in zip(weights, energies))

    return total

# %% wrong="6.5" says="is a part of the graph cut?"
def compose(energies, weights):
    def total(x):
        first = weights[0] * energies[0](x)
        return first + sum(w * energy(x).detach() for w, energy in zip(weights[1:], energies[1:]))

    return total

# %% equivalent="6.5" because="there are as many weights as energies, as the docstring says"
# return sum((w * energy(x) for w, energy in zip(weights, energies, strict=True)))  ->  return sum((w * energy(x) for w, energy in zip(weights, energies)))
# return sum((w * energy(x) for w, energy in zip(weights, energies, strict=True)))  ->  return sum((w * energy(x) for w, energy in zip(weights, energies, strict=False)))

# %% right="6.5"
def compose(energies, weights):
    def total(x):
        values = torch.stack([energy(x) for energy in energies], dim=1)
        return values @ torch.tensor(weights, dtype=values.dtype)

    return total

# %% wrong="6.5" says="zip is used up in the first call"
def compose(energies, weights):
    pairs = zip(weights, energies)
    return lambda x: sum(w * energy(x) for w, energy in pairs)

# %% wrong="6.5" says="is still there in the second"
def compose(energies, weights):
    result = 0.0

    def total(x):
        nonlocal result
        for w, energy in zip(weights, energies):
            result = result + w * energy(x)
        return result

    return total

# %% wrong="6.5" says="wrote into its argument: `weights`"
def compose(energies, weights):
    pairs = [(weights.pop(0), energy) for energy in energies]
    return lambda x: sum(w * energy(x) for w, energy in pairs)

# %% right="6.5"
class compose:
    def __init__(self, energies, weights):
        self.parts = list(zip(energies, weights))

    def __call__(self, x):
        result = 0.0
        for energy, w in self.parts:
            result = result + w * energy(x)
        return result

# %% wrong="6.6" says="norm of the kernel's weights"
def spectral_norm(weight, start, n_iterations):
    return float(weight.norm())

# %% wrong="6.6" says="(out, 9 in)"
def spectral_norm(weight, start, n_iterations):
    return float(torch.linalg.matrix_norm(weight.flatten(1), 2))

# %% wrong="6.6" says="(in, 9 out)"
def spectral_norm(weight, start, n_iterations):
    return float(torch.linalg.matrix_norm(weight.transpose(0, 1).reshape(weight.shape[1], -1), 2))

# %% wrong="6.6" says="square root is missing"
def spectral_norm(weight, start, n_iterations):
    x = start / start.norm()
    for _ in range(n_iterations):
        x = F.conv_transpose2d(F.conv2d(x, weight, padding=1), weight, padding=1)
        size, x = x.norm(), x / x.norm()
    return float(size)

# %% wrong="6.6" says="padding of one pixel"
def spectral_norm(weight, start, n_iterations):
    x = start / start.norm()
    for _ in range(n_iterations):
        x = F.conv_transpose2d(F.conv2d(x, weight), weight)
        x = x / x.norm()
    return float(F.conv2d(x, weight).norm())

# %% wrong="6.6" says="the start only"
def spectral_norm(weight, start, n_iterations):
    return float(F.conv2d(start, weight, padding=1).norm() / start.norm())

# %% wrong="6.6" says="The last x has norm 1"
def spectral_norm(weight, start, n_iterations):
    x = start
    for _ in range(n_iterations):
        x = F.conv_transpose2d(F.conv2d(x, weight, padding=1), weight, padding=1)
        x = x / x.norm()
    return float(x.norm())

# %% wrong="6.6" says="largest row"
def spectral_norm(weight, start, n_iterations):
    unit = torch.eye(start.numel(), dtype=weight.dtype).view(-1, *start.shape[1:])
    A = F.conv2d(unit, weight, padding=1).flatten(1).T
    return float(A.abs().sum(1).max())

# %% wrong="6.6" says="Normalise x after each iteration"
def spectral_norm(weight, start, n_iterations):
    x = start
    for _ in range(n_iterations):
        x = F.conv_transpose2d(F.conv2d(x, weight, padding=1), weight, padding=1)
    return float(F.conv2d(x, weight, padding=1).norm() / x.norm())

# %% wrong="6.6" says="wrote into its argument: `start`"
def spectral_norm(weight, start, n_iterations):
    start /= start.norm()
    x = start
    for _ in range(n_iterations):
        x = F.conv_transpose2d(F.conv2d(x, weight, padding=1), weight, padding=1)
        x = x / x.norm()
    return float(F.conv2d(x, weight, padding=1).norm())

# %% wrong="6.6" says="n_iterations is not used"
def spectral_norm(weight, start, n_iterations):
    unit = torch.eye(start.numel(), dtype=weight.dtype).view(-1, *start.shape[1:])
    return torch.linalg.svdvals(F.conv2d(unit, weight, padding=1).flatten(1)).max()

# %% equivalent="6.6" because="the first iteration normalises x, whatever its norm was"
# x = start / start.norm()  ->  x = start * start.norm()
# x = start / start.norm()  ->  x = start

# %% right="6.6"
def spectral_norm(weight, start, n_iterations):
    right = start
    for _ in range(n_iterations):
        left = F.conv2d(right, weight, padding=1)
        left = left / left.norm()
        right = F.conv_transpose2d(left, weight, padding=1)
        sigma = right.norm()
        right = right / sigma
    return sigma.item()

# %% right="6.6"
def spectral_norm(weight, start, n_iterations):
    x = start.clone()
    for _ in range(n_iterations):
        x = (x / x.norm()).requires_grad_(True)
        half = F.conv2d(x, weight, padding=1).square().sum() / 2
        (x,) = torch.autograd.grad(half, x)
    return float(x.norm().sqrt())
