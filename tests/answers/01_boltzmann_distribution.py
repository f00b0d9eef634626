# Wrong answers that each check of lesson 01 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="1.1" says="sign"
def probabilities(energy, temperature):
    weight = torch.exp(energy / temperature)
    return weight / weight.sum()

# %% wrong="1.1" says="divide them by their sum"
def probabilities(energy, temperature):
    return torch.exp(-energy / temperature)

# %% wrong="1.1" says="temperature has no effect"
def probabilities(energy, temperature):
    return torch.softmax(-energy, dim=0)

# %% wrong="1.1" says="you multiplied"
def probabilities(energy, temperature):
    return torch.softmax(-energy * temperature, dim=0)

# %% wrong="1.1" says="not by the largest"
def probabilities(energy, temperature):
    weight = torch.exp(-energy / temperature)
    return weight / weight.max()

# %% wrong="1.1" says="not as 1/E"
def probabilities(energy, temperature):
    weight = temperature / energy
    return weight / weight.sum()

# %% wrong="1.1" says="return"
def probabilities(energy, temperature):
    weight = torch.exp(-energy / temperature)
    p = weight / weight.sum()

# %% right="1.1"
def probabilities(energy, temperature):
    return torch.softmax(-energy / temperature, dim=-1)

# %% right="1.1"
import numpy as np

def probabilities(energy, temperature):
    e = np.asarray(energy)
    w = [float(np.exp(-(v - e.min()) / temperature)) for v in e]
    return np.array(w) / sum(w)

# %% wrong="1.2" says="overflowed"
def log_partition(energy, temperature):
    return float(torch.log(torch.exp(-energy / temperature).sum()))

# %% wrong="1.2" says="did not add it back"
def log_partition(energy, temperature):
    exponent = -energy / temperature
    return float(torch.log(torch.exp(exponent - exponent.max()).sum()))

# %% wrong="1.2" says="belongs to the lowest energy"
def log_partition(energy, temperature):
    exponent = -energy / temperature
    shift = -energy.max() / temperature
    return float(shift + torch.log(torch.exp(exponent - shift).sum()))

# %% wrong="1.2" says="temperature is not used"
def log_partition(energy, temperature):
    return torch.logsumexp(-energy, dim=0)

# %% wrong="1.2" says="free energy"
def log_partition(energy, temperature):
    return -temperature * torch.logsumexp(-energy / temperature, dim=0)

# %% wrong="1.2" says="sign"
def log_partition(energy, temperature):
    return torch.logsumexp(energy / temperature, dim=0)

# %% wrong="1.2" says="take its log"
def log_partition(energy, temperature):
    return torch.exp(-energy / temperature).sum()

# %% wrong="1.2" says="log of the mean"
def log_partition(energy, temperature):
    exponent = -energy / temperature
    return exponent.max() + torch.log(torch.exp(exponent - exponent.max()).mean())

# %% right="1.2"
def log_partition(energy, temperature):
    return torch.logsumexp(-energy / temperature, dim=0)

# %% right="1.2"
import numpy as np

def log_partition(energy, temperature):
    a = -energy.numpy() / temperature
    return np.logaddexp.reduce(a)

# %% wrong="1.3" says="needs its dx"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0)
    return torch.exp(log_weight - log_z) / cell, float(log_z)

# %% wrong="1.3" says="divide by dx"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0)
    return torch.exp(log_weight - log_z), float(log_z + math.log(cell))

# %% wrong="1.3" says="multiplied p by dx"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0)
    return torch.exp(log_weight - log_z) * cell, float(log_z + math.log(cell))

# %% wrong="1.3" says="temperature is not used"
def density(energy, cell, temperature):
    log_z = torch.logsumexp(-energy.flatten(), dim=0) + math.log(cell)
    return torch.exp(-energy - log_z), float(log_z)

# %% wrong="1.3" says="sum over both axes"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight, dim=-1, keepdim=True) + math.log(cell)
    return torch.exp(log_weight - log_z), float(log_z.flatten()[0])

# %% wrong="1.3" says="use it once"
def density(energy, cell, temperature):
    volume = cell**energy.ndim
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0) + math.log(volume)
    return torch.exp(log_weight - log_z), float(log_z)

# %% wrong="1.3" says="overflowed"
def density(energy, cell, temperature):
    weight = torch.exp(-energy / temperature)
    z = weight.sum() * cell
    return weight / z, float(torch.log(z))

# %% wrong="1.3" says="expected 2 values"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    return torch.exp(log_weight - torch.logsumexp(log_weight.flatten(), dim=0)) / cell

# %% wrong="1.3" says="This is Z"
def density(energy, cell, temperature):
    weight = torch.exp(-energy / temperature)
    z = weight.sum() * cell
    return weight / z, float(z)

# %% right="1.3"
def density(energy, cell, temperature):
    lowest = energy.min()
    weight = torch.exp(-(energy - lowest) / temperature)
    z = weight.sum() * cell
    return weight / z, math.log(z) - float(lowest) / temperature

# %% right="1.3"
import numpy as np

def density(energy, cell, temperature):
    a = -np.asarray(energy) / temperature
    log_z = np.logaddexp.reduce(a, axis=None) + np.log(cell)
    return np.exp(a - log_z), log_z

# %% equivalent="1.3" because="a flat array has one axis, which is both the first and the last"
# log_z = torch.logsumexp(log_weight.flatten(), dim=0) + math.log(cell)  ->  log_z = torch.logsumexp(log_weight.flatten(), dim=-1) + math.log(cell)

# %% equivalent="1.4" because="a square has no sign"
# variance = (mass * (energy - mean) ** 2).sum()  ->  variance = (mass * (mean - energy) ** 2).sum()

# %% wrong="1.4" says="divided by T once"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = -(mass * torch.log(p)).sum()
    return u, s, u - temperature * s, (mass * (energy - u) ** 2).sum() / temperature

# %% wrong="1.4" says="Subtract the square of the mean"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = -(mass * torch.log(p)).sum()
    return u, s, u - temperature * s, (mass * energy**2).sum() / temperature**2

# %% wrong="1.4" says="not divided by T²"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = -(mass * torch.log(p)).sum()
    return u, s, u - temperature * s, (mass * (energy - u) ** 2).sum()

# %% wrong="1.4" says="U + T S"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = -(mass * torch.log(p)).sum()
    return u, s, u + temperature * s, (mass * (energy - u) ** 2).sum() / temperature**2

# %% wrong="1.4" says="takes the density alone"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = -(mass * torch.log(mass)).sum()
    return u, s, u - temperature * s, (mass * (energy - u) ** 2).sum() / temperature**2

# %% wrong="1.4" says="An integral needs its dx"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = -(p * torch.log(p)).sum()
    return u, s, u - temperature * s, (mass * (energy - u) ** 2).sum() / temperature**2

# %% wrong="1.4" says="bits"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = -(mass * torch.log2(p)).sum()
    return u, s, u - temperature * s, (mass * (energy - u) ** 2).sum() / temperature**2

# %% wrong="1.4" says="Weight each energy with p"
def thermodynamics(p, energy, cell, temperature):
    u = energy.mean()
    s = -(p * cell * torch.log(p)).sum()
    return u, s, u - temperature * s, energy.var(correction=0) / temperature**2

# %% wrong="1.4" says="The sign is wrong"
def thermodynamics(p, energy, cell, temperature):
    mass = p * cell
    u = (mass * energy).sum()
    s = (mass * torch.log(p)).sum()
    return u, s, u - temperature * s, (mass * (energy - u) ** 2).sum() / temperature**2

# %% right="1.4"
def thermodynamics(p, energy, cell, temperature):
    mean = lambda f: float((p * f).sum() * cell)
    u, s = mean(energy), mean(-torch.log(p))
    return u, s, u - temperature * s, (mean(energy**2) - u**2) / temperature**2

# %% right="1.4"
import numpy as np

def thermodynamics(p, energy, cell, temperature):
    p, energy = np.asarray(p), np.asarray(energy)
    u = np.trapezoid(p * energy, dx=cell)
    s = -np.trapezoid(p * np.log(p), dx=cell)
    c = np.trapezoid(p * (energy - u) ** 2, dx=cell) / temperature**2
    return [u, s, u - temperature * s, c]

# %% wrong="1.5" says="log Z is missing"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.mean() / temperature)

# %% wrong="1.5" says="wrong sign"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.mean() / temperature - log_z)

# %% wrong="1.5" says="take the mean"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.sum() / temperature + log_z)

# %% wrong="1.5" says="the loss is -log p"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(-data_energy.mean() / temperature - log_z)

# %% wrong="1.5" says="energy is not divided by T"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.mean() + log_z)

# %% wrong="1.5" says="Only the energy is divided by T"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float((data_energy.mean() + log_z) / temperature)

# %% right="1.5"
def negative_log_likelihood(data_energy, log_z, temperature):
    log_p = -data_energy / temperature - log_z
    return -log_p.mean()

# %% right="1.5"
def negative_log_likelihood(data_energy, log_z, temperature):
    total = 0.0
    for e in data_energy.tolist():
        total += e / temperature + log_z
    return total / len(data_energy)
