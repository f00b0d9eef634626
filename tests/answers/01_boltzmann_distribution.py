# Wrong answers that each check of lesson 01 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="1.1" says="sign"
def photograph(energy, temperature, darts):
    p = torch.softmax(energy / temperature, 0)
    return torch.searchsorted(torch.cumsum(p, 0), darts)

# %% wrong="1.1" says="divided by their sum"
def photograph(energy, temperature, darts):
    marks = torch.cumsum(torch.exp(-energy / temperature), 0)
    return torch.searchsorted(marks, darts).clamp(max=len(energy) - 1)

# %% wrong="1.1" says="temperature has no effect"
def photograph(energy, temperature, darts):
    return torch.searchsorted(torch.cumsum(torch.softmax(-energy, 0), 0), darts)

# %% wrong="1.1" says="you multiplied"
def photograph(energy, temperature, darts):
    return torch.searchsorted(torch.cumsum(torch.softmax(-energy * temperature, 0), 0), darts)

# %% wrong="1.1" says="cumsum is missing"
def photograph(energy, temperature, darts):
    p = torch.softmax(-energy / temperature, 0)
    return torch.searchsorted(p.sort().values, darts)

# %% wrong="1.1" says="one place too far"
def photograph(energy, temperature, darts):
    marks = torch.cumsum(torch.softmax(-energy / temperature, 0), 0)
    return (darts[:, None] > marks).sum(1) + 1

# %% wrong="1.1" says="keep their order"
def photograph(energy, temperature, darts):
    p, order = torch.softmax(-energy / temperature, 0).sort(descending=True)
    return torch.searchsorted(torch.cumsum(p, 0), darts)

# %% wrong="1.1" says="return"
def photograph(energy, temperature, darts):
    marks = torch.cumsum(torch.softmax(-energy / temperature, 0), 0)
    torch.searchsorted(marks, darts)

# %% wrong="1.1" says="one place too early"
def photograph(energy, temperature, darts):
    marks = torch.cumsum(torch.softmax(-energy / temperature, 0), 0)
    return (darts[:, None] > marks).sum(1) - 1

# %% wrong="1.1" says="two calls with the same input"
def photograph(energy, temperature, darts):
    return torch.multinomial(torch.softmax(-energy / temperature, 0), len(darts), replacement=True)

# %% right="1.1"
def photograph(energy, temperature, darts):
    marks = torch.cumsum(torch.softmax(-energy / temperature, 0), 0)
    return (darts[:, None] > marks).sum(1)

# %% right="1.1"
import numpy as np

def photograph(energy, temperature, darts):
    w = np.exp(-np.asarray(energy - energy.min()) / temperature)
    marks = np.cumsum(w / w.sum())
    found = []
    for dart in np.asarray(darts):
        place = 0
        while place < len(marks) - 1 and marks[place] < dart:
            place += 1
        found.append(place)
    return found

# %% right="1.1"
def photograph(energy, temperature, darts):
    marks = torch.exp(-energy / temperature).cumsum(0)
    return torch.searchsorted(marks, darts * marks[-1])

# %% wrong="1.2" says="needs its dx"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0)
    return torch.exp(log_weight - log_z) / cell, float(log_z)

# %% wrong="1.2" says="divide by dx"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0)
    return torch.exp(log_weight - log_z), float(log_z + math.log(cell))

# %% wrong="1.2" says="multiplied p by dx"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0)
    return torch.exp(log_weight - log_z) * cell, float(log_z + math.log(cell))

# %% wrong="1.2" says="temperature is not used"
def density(energy, cell, temperature):
    log_z = torch.logsumexp(-energy.flatten(), dim=0) + math.log(cell)
    return torch.exp(-energy - log_z), float(log_z)

# %% wrong="1.2" says="sum over both axes"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight, dim=-1, keepdim=True) + math.log(cell)
    return torch.exp(log_weight - log_z), float(log_z.flatten()[0])

# %% wrong="1.2" says="use it once"
def density(energy, cell, temperature):
    volume = cell**energy.ndim
    log_weight = -energy / temperature
    log_z = torch.logsumexp(log_weight.flatten(), dim=0) + math.log(volume)
    return torch.exp(log_weight - log_z), float(log_z)

# %% wrong="1.2" says="overflowed"
def density(energy, cell, temperature):
    weight = torch.exp(-energy / temperature)
    z = weight.sum() * cell
    return weight / z, float(torch.log(z))

# %% wrong="1.2" says="expected 2 values"
def density(energy, cell, temperature):
    log_weight = -energy / temperature
    return torch.exp(log_weight - torch.logsumexp(log_weight.flatten(), dim=0)) / cell

# %% wrong="1.2" says="This is Z"
def density(energy, cell, temperature):
    weight = torch.exp(-energy / temperature)
    z = weight.sum() * cell
    return weight / z, float(z)

# %% right="1.2"
def density(energy, cell, temperature):
    lowest = energy.min()
    weight = torch.exp(-(energy - lowest) / temperature)
    z = weight.sum() * cell
    return weight / z, math.log(z) - float(lowest) / temperature

# %% right="1.2"
import numpy as np

def density(energy, cell, temperature):
    a = -np.asarray(energy) / temperature
    log_z = np.logaddexp.reduce(a, axis=None) + np.log(cell)
    return np.exp(a - log_z), log_z

# %% wrong="1.3" says="Weight each energy"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    return torch.full_like(U, float(energy.mean())), S, C

# %% wrong="1.3" says="needs its dx"
def heat(energy, cell, temperatures):
    U, S, C = [], [], []
    for T in temperatures:
        p, log_z = density(energy, cell, T)
        mean = (p * energy).sum()
        U.append(mean)
        S.append(mean / T + log_z)
        C.append((p * (energy - mean) ** 2).sum() / T**2)
    return torch.stack(U), torch.stack(S), torch.stack(C)

# %% wrong="1.3" says="is T handed to"
def heat(energy, cell, temperatures):
    U, S, C = [], [], []
    for T in temperatures:
        p, log_z = density(energy, cell, 1.0)
        mean = (p * cell * energy).sum()
        U.append(mean)
        S.append(mean + log_z)
        C.append((p * cell * (energy - mean) ** 2).sum())
    return torch.stack(U), torch.stack(S), torch.stack(C)

# %% wrong="1.3" says="Only the last temperature"
def heat(energy, cell, temperatures):
    for T in temperatures:
        p, log_z = density(energy, cell, T)
        U = (p * cell * energy).sum()
        S = U / T + log_z
        C = (p * cell * (energy - U) ** 2).sum() / T**2
    return U, S, C

# %% wrong="1.3" says="In S, U is divided by T"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    log_z = torch.tensor([boltzmann.density(energy, cell, float(T))[1] for T in temperatures])
    return U, U + log_z, C

# %% wrong="1.3" says="log Z is added"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    log_z = torch.tensor([boltzmann.density(energy, cell, float(T))[1] for T in temperatures])
    return U, U / temperatures - log_z, C

# %% wrong="1.3" says="log Z is missing"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    return U, U / temperatures, C

# %% wrong="1.3" says="divided by T once"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    return U, S, C * temperatures

# %% wrong="1.3" says="not divided by T"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    return U, S, C * temperatures**2

# %% wrong="1.3" says="not the mean square"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    return U, S, C + U**2 / temperatures**2

# %% wrong="1.3" says="2 values"
def heat(energy, cell, temperatures):
    U, S, C = boltzmann.heat(energy, cell, temperatures)
    return U, S

# %% right="1.3"
def heat(energy, cell, temperatures):
    return boltzmann.heat(energy, cell, temperatures)

# %% right="1.3"
def heat(energy, cell, temperatures):
    log_weight = -energy / temperatures[:, None]
    p = torch.softmax(log_weight, 1)
    U = (p * energy).sum(1)
    S = U / temperatures + torch.logsumexp(log_weight, 1) + torch.log(torch.tensor(cell))
    return U, S, ((p * energy**2).sum(1) - U**2) / temperatures**2

# %% right="1.3"
import numpy as np

def heat(energy, cell, temperatures):
    rows = []
    for T in temperatures.tolist():
        p, log_z = density(energy, cell, T)
        U = float((p * energy).sum() * cell)
        S = -float(torch.special.xlogy(p, p).sum() * cell)
        rows.append((U, S, float((p * energy**2).sum() * cell - U**2) / T**2))
    return tuple(np.array(rows).T)

# %% wrong="1.4" says="log Z is missing"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.mean() / temperature)

# %% wrong="1.4" says="wrong sign"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.mean() / temperature - log_z)

# %% wrong="1.4" says="take the mean"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.sum() / temperature + log_z)

# %% wrong="1.4" says="the loss is -log p"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(-data_energy.mean() / temperature - log_z)

# %% wrong="1.4" says="energy is not divided by T"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float(data_energy.mean() + log_z)

# %% wrong="1.4" says="Only the energy is divided by T"
def negative_log_likelihood(data_energy, log_z, temperature):
    return float((data_energy.mean() + log_z) / temperature)

# %% right="1.4"
def negative_log_likelihood(data_energy, log_z, temperature):
    log_p = -data_energy / temperature - log_z
    return -log_p.mean()

# %% right="1.4"
def negative_log_likelihood(data_energy, log_z, temperature):
    total = 0.0
    for e in data_energy.tolist():
        total += e / temperature + log_z
    return total / len(data_energy)

# %% equivalent="1.1" because="the array has one axis"
# marks = torch.cumsum(probability, dim=0)  ->  marks = torch.cumsum(probability, dim=-1)

# %% equivalent="1.3" because="a square has no sign"
# variance = (mass * (energy - mean) ** 2).sum()  ->  variance = (mass * (mean - energy) ** 2).sum()
