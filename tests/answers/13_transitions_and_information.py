# Wrong answers that each check of lesson 13 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="13.1" says="without the square"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([np.abs(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, -1] @ x) / np.sqrt(n) for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="the division by n is missing"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s * np.outer(x, x) + w)[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="smallest eigenvalue"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, 0] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="Eigenvectors are the columns"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="W is not symmetric"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = noise / np.sqrt(n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="divide by √(2n), not by √n"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="variance is to be 1/n"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / (2 * n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="spread of one trial"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1)

# %% wrong="13.1" says="ddof=1"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1) / np.sqrt(len(noise))

# %% wrong="13.1" says="parallel means 1"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + w)[1][:, :, -1] @ x) ** 2 for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="multiplies x xᵀ / n alone"
def overlap_curve(x, strengths, noise):
    n = len(x)
    w = (noise + noise.transpose(0, 2, 1)) / np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s * (np.outer(x, x) / n + w))[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% wrong="13.1" says="`noise` has changed"
def overlap_curve(x, strengths, noise):
    n = len(x)
    noise += noise.transpose(0, 2, 1).copy()
    noise /= np.sqrt(2 * n)
    q = np.array([(np.linalg.eigh(s / n * np.outer(x, x) + noise)[1][:, :, -1] @ x) ** 2 / n for s in strengths])
    return q.mean(1), q.std(1, ddof=1) / np.sqrt(len(noise))

# %% right="13.1"
def overlap_curve(x, strengths, noise):  # trial by trial, by a dense solver for one vector
    from scipy.linalg import eigh

    n, q = len(x), []
    for strength in strengths:
        row = []
        for square in noise:
            w = np.array([[(square[i, j] + square[j, i]) / math.sqrt(2 * n) for j in range(n)] for i in range(n)])
            v = eigh(w + strength / n * x[:, None] * x[None, :], subset_by_index=(n - 1, n - 1))[1].ravel()
            row.append(sum(a * b for a, b in zip(v, x, strict=True)) ** 2 / n)
        q.append(row)
    mean = [sum(row) / len(row) for row in q]
    variance = [sum((a - m) ** 2 for a in row) / (len(row) - 1) for row, m in zip(q, mean, strict=True)]
    return np.array(mean), np.array([math.sqrt(v / len(noise)) for v in variance])

# %% right="13.1"
def overlap_curve(x, strengths, noise):  # all matrices at once
    n = len(x)
    w = (noise + np.swapaxes(noise, -1, -2)) / np.sqrt(2 * n)
    y = np.asarray(strengths)[:, None, None, None] * np.multiply.outer(x, x) / n + w
    overlap = np.einsum("kti,i->kt", np.linalg.eigh(y).eigenvectors[..., -1], x / np.sqrt(n))
    q = overlap**2
    return q.mean(axis=-1), np.sqrt(q.var(axis=-1, ddof=1) / q.shape[-1])

# %% right="13.1"
def overlap_curve(x, strengths, noise):  # lowest vector of minus Y, through the standard library and scipy
    from scipy import stats

    unit = x / np.linalg.norm(x)
    w = np.array([np.tril(z + z.T) for z in noise]) / math.sqrt(2 * len(x))
    w = w + np.array([np.tril(z, -1).T for z in w])
    table = [[np.dot(np.linalg.eigh(-s * np.outer(unit, unit) - z)[1][:, 0], unit) ** 2 for z in w] for s in strengths]
    return np.mean(table, axis=1), stats.sem(table, axis=1)

# %% wrong="13.2" says="it is minus the slope"
def fit_power_law(n, loss, error):
    x, y, s = np.log(n), np.log(loss), error / loss
    w = 1 / s**2
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return slope, 1 / np.sqrt(S), (w * (y - b - slope * (x - a)) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="weights 1/σ² are missing"
def fit_power_law(n, loss, error):
    slope, height = np.polyfit(np.log(n), np.log(loss), 1)
    s, x = error / loss, np.log(n)
    w = 1 / s**2
    S = (w * (x - (w * x).sum() / w.sum()) ** 2).sum()
    return -slope, 1 / np.sqrt(S), (((np.log(loss) - height - slope * x) / s) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="σ = error / loss"
def fit_power_law(n, loss, error):
    x, y, s = np.log(n), np.log(loss), error
    w = 1 / s**2
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / np.sqrt(S), (w * (y - b - slope * (x - a)) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="the log of n is missing"
def fit_power_law(n, loss, error):
    x, y, s = n, np.log(loss), error / loss
    w = 1 / s**2
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / np.sqrt(S), (w * (y - b - slope * (x - a)) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="The weight is 1/σ², not 1/σ"
def fit_power_law(n, loss, error):
    x, y, s = np.log(n), np.log(loss), error / loss
    w = 1 / s
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / np.sqrt(S), (((y - b - slope * (x - a)) / s) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="The means of x and y are weighted too"
def fit_power_law(n, loss, error):
    x, y, s = np.log(n), np.log(loss), error / loss
    w = 1 / s**2
    a, b = x.mean(), y.mean()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / np.sqrt(S), (w * (y - b - slope * (x - a)) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="the root is missing"
def fit_power_law(n, loss, error):
    x, y, s = np.log(n), np.log(loss), error / loss
    w = 1 / s**2
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / S, (w * (y - b - slope * (x - a)) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="divide by k - 2, not by k"
def fit_power_law(n, loss, error):
    x, y, s = np.log(n), np.log(loss), error / loss
    w = 1 / s**2
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / np.sqrt(S), (w * (y - b - slope * (x - a)) ** 2).mean()

# %% wrong="13.2" says="divide by it before you square"
def fit_power_law(n, loss, error):
    x, y, s = np.log(n), np.log(loss), error / loss
    w = 1 / s**2
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / np.sqrt(S), ((y - b - slope * (x - a)) ** 2).sum() / (len(n) - 2)

# %% wrong="13.2" says="do not rescale by χ²"
def fit_power_law(n, loss, error):
    x, y = np.log(n), np.log(loss)
    (slope, height), covariance = np.polyfit(x, y, 1, w=loss / error, cov=True)
    off = (y - height - slope * x) * loss / error
    return -slope, np.sqrt(covariance[0, 0]), (off**2).sum() / (len(n) - 2)

# %% wrong="13.2" says="those to the base 10"
def fit_power_law(n, loss, error):
    x, y, s = np.log10(n), np.log10(loss), error / loss
    w = 1 / s**2
    a, b = (w * x).sum() / w.sum(), (w * y).sum() / w.sum()
    S = (w * (x - a) ** 2).sum()
    slope = (w * (x - a) * (y - b)).sum() / S
    return -slope, 1 / np.sqrt(S), (w * (y - b - slope * (x - a)) ** 2).sum() / (len(n) - 2)

# %% right="13.2"
def fit_power_law(n, loss, error):  # scipy's curve fit in the logarithms
    from scipy.optimize import curve_fit

    x, y, s = np.log(n), np.log(loss), error / loss
    best, covariance = curve_fit(lambda x, a, b: a - b * x, x, y, p0=(y[0], 0.0), sigma=s, absolute_sigma=True)
    chi2 = sum(((y - best[0] + best[1] * x) / s) ** 2)
    return best[1], covariance[1, 1] ** 0.5, chi2 / (len(x) - 2)

# %% right="13.2"
def fit_power_law(n, loss, error):  # NumPy's own, with the covariance that knows the errors
    x, y = np.log(n), np.log(loss)
    line, covariance = np.polyfit(x, y, 1, w=loss / error, cov="unscaled")
    off = (y - np.polyval(line, x)) * loss / error
    return float(-line[0]), float(np.sqrt(covariance[0, 0])), float(off @ off / (len(n) - 2))

# %% right="13.2"
def fit_power_law(n, loss, error):  # sums in plain Python
    points = [(math.log(a), math.log(b), (b / c) ** 2) for a, b, c in zip(n, loss, error, strict=True)]
    s0 = sum(w for _, _, w in points)
    sx, sy = sum(w * x for x, _, w in points), sum(w * y for _, y, w in points)
    sxx, sxy = sum(w * x * x for x, _, w in points), sum(w * x * y for x, y, w in points)
    det = s0 * sxx - sx**2
    slope, height = (s0 * sxy - sx * sy) / det, (sxx * sy - sx * sxy) / det
    chi2 = sum(w * (y - height - slope * x) ** 2 for x, y, w in points)
    return -slope, math.sqrt(s0 / det), chi2 / (len(points) - 2)

# %% wrong="13.3" says="keeps the lower part"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        if spin == -1:
            high = cut
        else:
            low = cut + 1
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="use `while`"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        if spin == 1:
            high = cut
        else:
            low = cut + 1
        if low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="does not end"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        if spin == 1:
            high = cut
        else:
            low = cut + 1
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="low is filled with zeros"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        if spin == 1:
            high = cut
        else:
            low = cut + 1
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top | 255, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="cut itself belongs to +1"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="not bytes"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return sent

# %% wrong="13.3" says="drop that byte"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = low << 8, high << 8 | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="drop that byte"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = low << 8, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="Send `low >> 40`"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="last six bytes are missing"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent)

# %% wrong="13.3" says="opposite order"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "little")

# %% wrong="13.3" says="not 1 - p"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * (1 - p))
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big")

# %% wrong="13.3" says="longer than need be"
def encode(spins, p_up):
    top = 2**48 - 1
    low, high, sent = 0, top, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        cut = low + int((high - low) * p)
        low, high = (low, cut) if spin == 1 else (cut + 1, high)
        while low >> 40 == high >> 40:
            sent.append(low >> 40)
            low, high = (low << 8) & top, (high << 8) & top | 255
    return bytes(sent) + low.to_bytes(6, "big") + high.to_bytes(6, "big")

# %% right="13.3"
def encode(spins, p_up):  # the last bytes are those of high: any number from low to high will do
    top = 2**48 - 1
    low, high, sent = 0, top, bytearray()
    for spin, p in zip(spins, p_up, strict=True):
        cut = low + math.floor((high - low) * float(p))
        if spin > 0:
            high = cut
        else:
            low = cut + 1
        while (low ^ high) < 2**40:
            sent.append(high >> 40)
            low, high = (low * 256) % (top + 1), (high * 256) % (top + 1) + 255
    return bytes(sent) + high.to_bytes(6, "big")

# %% right="13.3"
def encode(spins, p_up):  # on lists of six digits
    def value(digits):
        return sum(d * 256**k for k, d in enumerate(reversed(digits)))

    low, high, sent = [0] * 6, [255] * 6, []
    for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):
        a, b = value(low), value(high)
        cut = a + int((b - a) * p)
        a, b = (a, cut) if spin == 1 else (cut + 1, b)
        low, high = list(a.to_bytes(6, "big")), list(b.to_bytes(6, "big"))
        while low[0] == high[0]:
            sent.append(low[0])
            low, high = [*low[1:], 0], [*high[1:], 255]
    return bytes(sent + low)

# %% right="13.3"
def encode(spins, p_up):  # ends with as few bytes as name a number in the interval
    top = 2**48 - 1
    low, high, sent = 0, top, b""
    for k in range(len(spins)):
        cut = low + int((high - low) * p_up[k])
        low, high = ((cut + 1, high), (low, cut))[int(spins[k] == 1)]
        while low.to_bytes(6, "big")[0] == high.to_bytes(6, "big")[0]:
            sent += low.to_bytes(6, "big")[:1]
            low, high = (low << 8) % 2**48, (high << 8) % 2**48 + 255
    return sent + bytes([(low >> 40) + 1]) if low else sent

# %% equivalent="13.1" because="spins are ±1: their products and the inverses of these are the same"
# y = strength / n * np.outer(x, x) + w  ->  y = strength / n / np.outer(x, x) + w

# %% equivalent="13.2" because="only the square of the distances is used"
# off = (y - y_mean - slope * (x - x_mean)) / sigma  ->  off = (slope * (x - x_mean) - (y - y_mean)) / sigma

# %% equivalent="13.2" because="a square has no sign"
# s = (w * (x - x_mean) ** 2).sum()  ->  s = (w * (x_mean - x) ** 2).sum()

# %% equivalent="13.2" because="the weighted sum of x - x_mean is 0, so that a constant added to y changes nothing"
# slope = (w * (x - x_mean) * (y - y_mean)).sum() / s  ->  slope = (w * (x - x_mean) * (y + y_mean)).sum() / s
# slope = (w * (x - x_mean) * (y - y_mean)).sum() / s  ->  slope = (w * (x - x_mean) * y).sum() / s

# %% equivalent="13.2" because="the weighted sum of y - y_mean is 0, so that a constant added to x changes nothing"
# slope = (w * (x - x_mean) * (y - y_mean)).sum() / s  ->  slope = (w * (x + x_mean) * (y - y_mean)).sum() / s
# slope = (w * (x - x_mean) * (y - y_mean)).sum() / s  ->  slope = (w * x * (y - y_mean)).sum() / s

# %% equivalent="13.3" because="there is a probability for each spin"
# for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):  ->  for spin, p in zip(spins.tolist(), p_up.tolist()):
# for spin, p in zip(spins.tolist(), p_up.tolist(), strict=True):  ->  for spin, p in zip(spins.tolist(), p_up.tolist(), strict=False):

# %% wrong="13.4" says="which no amount of data removes"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    costs = np.array([[scaling.kl(truth, family.log_prob(family.fit(p))) for p in sets] for sets in shares])
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="the sign is turned"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (fits - best) @ truth
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="not over the data that the fit has seen"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (shares * (best - fits)).sum(-1)
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="yours is KL(fit ‖ truth)"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    q, log_p = np.exp(fits), np.log(truth)
    costs = (q * (fits - log_p)).sum(-1) - (np.exp(best) * (best - log_p)).sum()
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="gives logarithms already"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (np.exp(best) - np.exp(fits)) @ truth
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="not all alike"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (best - fits).mean(-1)
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="not to the data"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    best = family.log_prob(family.fit(shares.mean((0, 1))))
    costs = (best - fits) @ truth
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="These are bits"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (best - fits) @ truth / math.log(2)
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(costs.shape[1])

# %% wrong="13.4" says="this is over the sizes"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (best - fits) @ truth
    return costs.mean(0), costs.std(0, ddof=1) / math.sqrt(len(costs))

# %% wrong="13.4" says="spread of one data set"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (best - fits) @ truth
    return costs.mean(1), costs.std(1, ddof=1)

# %% wrong="13.4" says="ddof=1"
def excess(features, truth, shares):
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    fits = np.array([[family.log_prob(family.fit(p)) for p in sets] for sets in shares])
    costs = (best - fits) @ truth
    return costs.mean(1), costs.std(1) / math.sqrt(costs.shape[1])

# %% right="13.4"
def excess(features, truth, shares):  # set by set, with both divergences in full
    family, means, errors = scaling.ExponentialFamily(features), [], []

    def kl(theta):
        log_q = family.log_prob(theta)
        return sum(float(p) * (math.log(p) - float(q)) for p, q in zip(truth, log_q, strict=True) if p > 0)

    ideal = kl(family.fit(truth))
    for of_size in shares:
        costs = [kl(family.fit(share)) - ideal for share in of_size]
        mean = sum(costs) / len(costs)
        variance = sum((c - mean) ** 2 for c in costs) / (len(costs) - 1)
        means.append(mean)
        errors.append(math.sqrt(variance / len(costs)))
    return np.array(means), np.array(errors)

# %% right="13.4"
def excess(features, truth, shares):  # KL(best ‖ fit): the same, as best and truth have the same means of the features
    family = scaling.ExponentialFamily(features)
    best = family.log_prob(family.fit(truth))
    costs = np.array([[scaling.kl(np.exp(best), family.log_prob(family.fit(p))) for p in sets] for sets in shares])
    return costs.mean(1), costs.std(1, ddof=1) / math.sqrt(len(shares[0]))

# %% right="13.4"
def excess(features, truth, shares):  # energies and free energies instead of probabilities
    from scipy import stats
    from scipy.special import logsumexp

    family = scaling.ExponentialFamily(features)
    flat = shares.reshape(-1, shares.shape[-1])
    energies = np.array([features @ family.fit(p) for p in [truth, *flat]])
    above = energies @ truth + logsumexp(-energies, axis=1)  # mean energy under the truth, less free energy
    costs = (above[1:] - above[0]).reshape(shares.shape[:2])
    return costs.mean(axis=1), stats.sem(costs, axis=1)

# %% right="13.4"
def excess(features, truth, shares):  # by a general minimiser in place of family.fit
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    def fitted(p):
        start = np.zeros(features.shape[1])

        def loss(theta):
            log_q = log_softmax(-features @ theta)
            return -p @ log_q, features.T @ (p - np.exp(log_q))

        theta = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-10}).x
        return log_softmax(-features @ theta)

    costs = np.array([[truth @ (fitted(truth) - fitted(p)) for p in sets] for sets in shares])
    return np.average(costs, axis=1), np.sqrt(np.var(costs, axis=1, ddof=1) / np.shape(costs)[1])

# %% wrong="13.5" says="These are nats"
def strip_information(width, beta):
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    m = np.exp(beta * (rows @ rows.T - (energy[:, None] + energy[None, :]) / 2))
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi
    joint /= joint.sum()
    return (joint * np.log(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()

# %% wrong="13.5" says="take half of each row's own"
def strip_information(width, beta):
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    m = np.exp(beta * (rows @ rows.T - energy[:, None] - energy[None, :]))
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi
    joint /= joint.sum()
    return (joint * np.log2(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()

# %% wrong="13.5" says="φ is missing"
def strip_information(width, beta):
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    m = np.exp(beta * (rows @ rows.T - (energy[:, None] + energy[None, :]) / 2))
    joint = m / m.sum()
    return (joint * np.log2(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()

# %% wrong="13.5" says="within the rows is missing"
def strip_information(width, beta):
    rows = exact.ising_states(width)
    m = np.exp(beta * rows @ rows.T)
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi
    joint /= joint.sum()
    return (joint * np.log2(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()

# %% wrong="13.5" says="neighbour of the first"
def strip_information(width, beta):
    rows, energy = exact.ising_states(width), exact.ising_energies((width,), False)
    m = np.exp(beta * (rows @ rows.T - (energy[:, None] + energy[None, :]) / 2))
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi
    joint /= joint.sum()
    return (joint * np.log2(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()

# %% wrong="13.5" says="check the signs"
def strip_information(width, beta):
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    m = np.exp(-beta * (rows @ rows.T - (energy[:, None] + energy[None, :]) / 2))
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi
    joint /= joint.sum()
    return (joint * np.log2(joint / np.outer(joint.sum(1), joint.sum(0)))).sum()

# %% wrong="13.5" says="nobody knows less than nothing"
def strip_information(width, beta):
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    m = np.exp(beta * (rows @ rows.T - (energy[:, None] + energy[None, :]) / 2))
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi
    joint /= joint.sum()
    return (joint * np.log2(np.outer(joint.sum(1), joint.sum(0)) / joint)).sum()

# %% wrong="13.5" says="when its neighbour is known"
def strip_information(width, beta):
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    m = np.exp(beta * (rows @ rows.T - (energy[:, None] + energy[None, :]) / 2))
    phi = np.linalg.eigh(m)[1][:, -1]
    joint = phi[:, None] * m * phi
    joint /= joint.sum()
    return -(joint * np.log2(joint / joint.sum(1)[:, None])).sum()

# %% right="13.5"
def strip_information(width, beta):  # by a long product of matrices, and entropies
    rows, energy = exact.ising_states(width), exact.ising_energies((width,))
    m = np.exp(beta * (rows @ rows.T - (energy[:, None] + energy[None, :]) / 2))
    m = m / m.max()
    far = np.ones(len(m))
    for _ in range(20000):
        far = m @ far
        far = far / far.max()
    joint = far[:, None] * m * far
    joint = joint / joint.sum()

    def entropy(p):
        return sum(-a * math.log2(a) for a in p.ravel() if a > 0)

    return 2 * entropy(joint.sum(0)) - entropy(joint)

# %% right="13.5"
def strip_information(width, beta):  # as a Markov chain
    import itertools

    from scipy.sparse.linalg import eigsh

    rows = np.array(list(itertools.product([1, -1], repeat=width)), float)
    inside = (rows * np.roll(rows, 1, axis=1)).sum(1)
    m = np.exp(beta * (rows @ rows.T + inside[:, None] / 2 + inside[None, :] / 2))
    value, vector = eigsh(m, k=1, which="LA", v0=np.ones(len(m)), tol=1e-14)
    phi = np.abs(vector[:, 0])
    step = m * phi[None, :] / (value[0] * phi[:, None])
    p = phi**2 / (phi**2).sum()
    return float((p[:, None] * step * (np.log2(step) - np.log2(p)[None, :])).sum())

# %% right="13.5"
def strip_information(width, beta):  # row by row, in plain loops
    rows, energy = exact.ising_states(width).tolist(), exact.ising_energies((width,)).tolist()
    n = len(rows)
    m = [[math.exp(beta * (sum(a * b for a, b in zip(r, s, strict=True)) - (e + f) / 2))
          for s, f in zip(rows, energy, strict=True)] for r, e in zip(rows, energy, strict=True)]
    phi = np.linalg.eigh(np.array(m)).eigenvectors.T[-1]
    joint = np.array([[phi[i] * m[i][j] * phi[j] for j in range(n)] for i in range(n)])
    joint, information = joint / joint.sum(), 0.0
    for i in range(n):
        for j in range(n):
            information += joint[i, j] * math.log2(joint[i, j] / joint[i].sum() / joint[:, j].sum())
    return information

# %% equivalent="13.5" because="both rows have the same distribution"
# p = joint.sum(1)  ->  p = joint.sum(0)
