# Wrong answers that each check of lesson 04 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="4.1" says="lr·√T"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + step_size * math.sqrt(temperature) * noise

# %% wrong="4.1" says="2 under the root is missing"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(step_size * temperature) * noise

# %% wrong="4.1" says="T belongs under the root"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(2 * step_size) * temperature * noise

# %% wrong="4.1" says="temperature is not used"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(2 * step_size) * noise

# %% wrong="4.1" says="step size is missing in the noise"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + math.sqrt(2 * temperature) * noise

# %% wrong="4.1" says="root is missing"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient + 2 * step_size * temperature * noise

# %% wrong="4.1" says="uphill"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x + step_size * gradient + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="4.1" says="before the gradient"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - gradient + math.sqrt(2 * step_size * temperature) * noise

# %% wrong="4.1" says="no noise in it"
def thermal_step(x, gradient, step_size, temperature, noise):
    return x - step_size * gradient

# %% wrong="4.1" says="wrote into its argument"
def thermal_step(x, gradient, step_size, temperature, noise):
    x -= step_size * gradient
    x += math.sqrt(2 * step_size * temperature) * noise
    return x

# %% wrong="4.1" says="return"
def thermal_step(x, gradient, step_size, temperature, noise):
    new = x - step_size * gradient + math.sqrt(2 * step_size * temperature) * noise

# %% right="4.1"
def thermal_step(x, gradient, step_size, temperature, noise):
    sigma = (2 * step_size * temperature) ** 0.5
    return torch.add(x, gradient, alpha=-step_size).add(noise, alpha=sigma)

# %% right="4.1"
import numpy as np

def thermal_step(x, gradient, step_size, temperature, noise):
    x, gradient, noise = np.array(x), np.array(gradient), np.array(noise)
    return x - step_size * gradient + np.sqrt(2 * step_size * temperature) * noise

# %% wrong="4.2" says="so the end is missed"
def exponential_schedule(start, end, n_steps):
    return start * (end / start) ** (torch.arange(n_steps) / n_steps)

# %% wrong="4.2" says="first step is already cooled"
def exponential_schedule(start, end, n_steps):
    return start * (end / start) ** (torch.arange(1, n_steps + 1) / n_steps)

# %% wrong="4.2" says="same amount"
def exponential_schedule(start, end, n_steps):
    return torch.linspace(start, end, n_steps)

# %% wrong="4.2" says="whatever the end is"
def exponential_schedule(start, end, n_steps):
    return start * torch.exp(-torch.linspace(0, 1, n_steps))

# %% wrong="4.2" says="misses the end"
def exponential_schedule(start, end, n_steps):
    return start * torch.exp(-torch.linspace(0, 1, n_steps) * start / end)

# %% wrong="4.2" says="exchanged"
def exponential_schedule(start, end, n_steps):
    return end * (start / end) ** torch.linspace(0, 1, n_steps)

# %% wrong="4.2" says="at every step"
def exponential_schedule(start, end, n_steps):
    return start * (end / start) ** torch.arange(n_steps)

# %% wrong="4.2" says="One temperature for each step"
def exponential_schedule(start, end, n_steps):
    return start * (end / start) ** torch.linspace(0, 1, n_steps + 1)

# %% right="4.2"
def exponential_schedule(start, end, n_steps):
    return torch.logspace(math.log10(start), math.log10(end), n_steps)

# %% right="4.2"
def exponential_schedule(start, end, n_steps):
    factor = (end / start) ** (1 / (n_steps - 1))
    temperatures = [start]
    while len(temperatures) < n_steps:
        temperatures.append(temperatures[-1] * factor)
    return temperatures

# %% wrong="4.3" says="This is Wald's interval"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    half = z * math.sqrt(p * (1 - p) / n)
    return p, p - half, p + half

# %% wrong="4.3" says="cut off at 0 and 1"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    half = z * math.sqrt(p * (1 - p) / n)
    return p, max(0.0, p - half), min(1.0, p + half)

# %% wrong="4.3" says="z is not used"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = (p + 1 / (2 * n)) / (1 + 1 / n)
    half = math.sqrt(p * (1 - p) / n + 1 / (4 * n**2)) / (1 + 1 / n)
    return p, centre - half, centre + half

# %% wrong="4.3" says="per cent"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return 100 * p, 100 * (centre - half), 100 * (centre + half)

# %% wrong="4.3" says="denominator"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = p + z**2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, centre - half, centre + half

# %% wrong="4.3" says="n - 1"
def success_rate(successes, z=1.96):
    n = len(successes) - 1
    p = float(successes.sum()) / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, centre - half, centre + half

# %% wrong="4.3" says="in another order"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return centre - half, p, centre + half

# %% wrong="4.3" says="its own centre"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    half = z / (1 + z**2 / n) * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    return p, p - half, p + half

# %% wrong="4.3" says="returned 2 values, expected 3"
def success_rate(successes, z=1.96):
    n = len(successes)
    p = float(successes.sum()) / n
    return p, z * math.sqrt(p * (1 - p) / n)

# %% right="4.3"
from scipy import stats

def success_rate(successes, z=1.96):
    k, n = int(successes.sum()), len(successes)
    ends = stats.binomtest(k, n).proportion_ci(2 * stats.norm.cdf(z) - 1, method="wilson")
    return k / n, ends.low, ends.high

# %% right="4.3"
import numpy as np

def success_rate(successes, z=1.96):
    # The p for which (p_hat - p)² = z² p (1 - p) / n: a quadratic equation.
    n = len(successes)
    rate = np.mean(np.asarray(successes))
    low, high = sorted(np.roots([1 + z**2 / n, -2 * rate - z**2 / n, rate**2]).real)
    return [rate, low, high]

# %% wrong="4.4" says="2 is missing"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) / batch_size

# %% wrong="4.4" says="batch size is missing"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) / 2

# %% wrong="4.4" says="larger batches are colder"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) * batch_size / 2

# %% wrong="4.4" says="Divide by B once"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0, correction=0) / (2 * batch_size**2)

# %% wrong="4.4" says="standard deviation"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.std(dim=0, correction=0) / (2 * batch_size)

# %% wrong="4.4" says="Subtract the mean gradient"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * (gradients**2).mean(dim=0) / (2 * batch_size)

# %% wrong="4.4" says="variance of the noise of one step"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size**2 * gradients.var(dim=0, correction=0) / batch_size

# %% wrong="4.4" says="step size is missing"
def sgd_temperature(gradients, step_size, batch_size):
    return gradients.var(dim=0, correction=0) / (2 * batch_size)

# %% wrong="4.4" says="n - 1"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(dim=0) / (2 * batch_size)

# %% wrong="4.4" says="what drives"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.mean(dim=0) / (2 * batch_size)

# %% wrong="4.4" says="for each parameter"
def sgd_temperature(gradients, step_size, batch_size):
    return step_size * gradients.var(correction=0) / (2 * batch_size)

# %% right="4.4"
def sgd_temperature(gradients, step_size, batch_size):
    centred = gradients - gradients.mean(0)
    covariance = centred.T @ centred / len(gradients)
    noise_of_one_step = step_size**2 * torch.diag(covariance) / batch_size
    return noise_of_one_step / (2 * step_size)

# %% right="4.4"
import numpy as np

def sgd_temperature(gradients, step_size, batch_size):
    return [step_size * np.var(column) / (2 * batch_size) for column in np.asarray(gradients).T]

# %% equivalent="4.2" because="dividing whole numbers gives single precision, and 1e-4 is asked for"
# s = torch.arange(n_steps, dtype=torch.float64) / (n_steps - 1)  ->  s = torch.arange(n_steps) / (n_steps - 1)
