# Wrong answers that each check of lesson 14 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="14.1" says="with its terraces"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="taken off, not added"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n + np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="one of them is missing"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.abs(z[out]))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="The outer log is to the base 2"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="only the outer is to the base 2"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.log2(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="z starts at c, not at 0"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), np.zeros_like(c), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="The last n that is tried is n_most itself"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="not n_most"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, float(n_most)), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="not 0"
def smooth_count(c, n_most, radius):
    count, z, inside = np.zeros(c.shape), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="The radius is not used"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > 2)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% wrong="14.1" says="the step after"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c.copy(), np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        z[inside] = z[inside] ** 2 + c[inside]
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
    return count

# %% wrong="14.1" says="wrote into its argument"
def smooth_count(c, n_most, radius):
    count, z, inside, fixed = np.full(c.shape, np.inf), c, np.ones(c.shape, bool), c.copy()
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + fixed[inside]
    return count

# %% wrong="14.1" says="z moves before you look at it"
def smooth_count(c, n_most, radius):
    count, z = np.full(c.shape, np.inf), c
    for n in range(n_most):
        z = np.where(np.isinf(count), z**2 + c, z)
        out = (np.abs(z) > radius) & np.isinf(count)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
    return count

# %% wrong="14.1" says="z moves before you look at it"
def smooth_count(c, n_most, radius):
    count, z = np.full(c.shape, np.inf), c
    for n in range(n_most + 1):
        z = np.where(np.isinf(count), z**2 + c, z)
        out = (np.abs(z) > radius) & np.isinf(count)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
    return count

# %% wrong="14.1" says="before the first step"
def smooth_count(c, n_most, radius):
    count, z = np.full(c.shape, np.inf), c
    for n in range(1, n_most + 1):
        z = np.where(np.isinf(count), z**2 + c, z)
        out = (np.abs(z) > radius) & np.isinf(count)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
    return count

# %% wrong="14.1" says="is z a copy of c, or c itself"
def smooth_count(c, n_most, radius):
    count, z, inside = np.full(c.shape, np.inf), c, np.ones(c.shape, bool)
    for n in range(n_most + 1):
        out = inside & (np.abs(z) > radius)
        count[out] = n - np.log2(np.log(np.abs(z[out])))
        inside &= ~out
        z[inside] = z[inside] ** 2 + c[inside]
    return count

# %% right="14.1"
def smooth_count(c, n_most, radius):
    def one(point):
        z = point
        for n in range(n_most + 1):
            if abs(z) > radius:
                return n - math.log2(math.log(abs(z)))
            z = z * z + point
        return math.inf

    return np.vectorize(one, otypes=[float])(c)

# %% right="14.1"
def smooth_count(c, n_most, radius):
    flat = c.ravel()
    count = np.full(flat.size, np.inf)
    left, z = np.arange(flat.size), flat
    for n in range(n_most + 1):
        gone = np.abs(z) > radius
        count[left[gone]] = n - np.log(np.log(np.abs(z[gone]))) / np.log(2)
        left, z = left[~gone], z[~gone]
        z = z * z + flat[left]
    return count.reshape(c.shape)

# %% right="14.1"
def smooth_count(c, n_most, radius):
    z, answer = c, np.inf * np.ones(c.shape)
    for n in range(n_most + 1):
        now = np.isinf(answer) & (z.real**2 + z.imag**2 > radius**2)
        answer = np.where(now, n - np.log2(0.5 * np.log(np.where(now, z.real**2 + z.imag**2, 9.0))), answer)
        z = np.where(np.isinf(answer), z**2 + c, 0)
    return answer

# %% wrong="14.2" says="in one state and neither in q - 1"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + q * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="not one"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="A B comes twice"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="not q - 1"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 1) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="square the sum"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same, other
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="they do not add"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = 2 * same, 2 * other
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="compute both before you overwrite"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        A = A**2 + (q - 1) * B**2
        B = 2 * A * B + (q - 2) * B**2
        A, B = A**2, B**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="comes back to the power 4"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="not added at the end"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="divide it by the number of bonds"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B)))

# %% wrong="14.2" says="not 2 to the power n"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 2**generation

# %% wrong="14.2" says="different pairs are missing"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A))) / 4**generation

# %% wrong="14.2" says="there are q equal pairs"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        same = A**2 + (q - 1) * B**2
        other = 2 * A * B + (q - 2) * B**2
        A, B = same**2, other**2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(A + (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="numbers overflow"
def diamond_log_z(x, q, generation):
    A, B = x, np.ones_like(x)
    for _ in range(generation):
        A, B = (A**2 + (q - 1) * B**2) ** 2, (2 * A * B + (q - 2) * B**2) ** 2
    return np.log(np.abs(q * A + q * (q - 1) * B)) / 4**generation

# %% wrong="14.2" says="B must be made from the old A"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        A = (A**2 + (q - 1) * B**2) ** 2
        B = (2 * A * B + (q - 2) * B**2) ** 2
        size = np.maximum(np.abs(A), np.abs(B))
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% wrong="14.2" says="the larger of |A| and |B|"
def diamond_log_z(x, q, generation):
    A, B, log_size = x, np.ones_like(x), np.zeros(np.shape(x))
    for _ in range(generation):
        A, B = (A**2 + (q - 1) * B**2) ** 2, (2 * A * B + (q - 2) * B**2) ** 2
        size = np.maximum(A, B)
        A, B = A / size, B / size
        log_size = 4 * log_size + np.log(size)
    return (log_size + np.log(np.abs(q * A + q * (q - 1) * B))) / 4**generation

# %% right="14.2"
def diamond_log_z(x, q, generation):
    if generation == 0:
        return np.log(np.abs(q * (x + q - 1)))
    far = np.abs(x) > 1e20
    near = np.where(far, 2, x)
    below = 2 * near + q - 2
    rest = diamond_log_z(((near**2 + q - 1) / below) ** 2, q, generation - 1)
    frozen = np.log(np.where(far, np.abs(x), 1)) + np.log(q) / 4**generation
    return np.where(far, frozen, rest / 4 + np.log(np.abs(below)) / 2)

# %% right="14.2"
def diamond_log_z(x, q, generation):
    total = np.zeros(np.shape(x))
    A, B = np.array(x), np.ones(np.shape(x))
    for k in range(1, generation + 1):
        W = np.array([[A * A + (q - 1) * B * B], [B * (2 * A + (q - 2) * B)]])[:, 0] ** 2
        scale = np.sqrt((np.abs(W) ** 2).sum(0))
        A, B = W / scale
        total = total + np.log(scale) / 4**k
    return total + (np.log(q) + np.log(np.abs(A + (q - 1) * B))) / 4**generation

# %% right="14.2"
def diamond_log_z(x, q, generation):
    def one(value):
        a, b, size = complex(value), 1.0, 0.0
        for _ in range(generation):
            a, b = (a * a + (q - 1) * b * b) ** 2, (2 * a * b + (q - 2) * b * b) ** 2
            big = max(abs(a), abs(b))
            a, b, size = a / big, b / big, 4 * size + math.log(big)
        return (size + math.log(abs(q * (a + (q - 1) * b)))) / 4**generation

    return np.vectorize(one, otypes=[float])(x)

# %% wrong="14.3" says="do not repel"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x - P(x) / (slope(x))
    return x

# %% wrong="14.3" says="guesses attract"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x - P(x) / (slope(x) + P(x) * repulsion)
    return x

# %% wrong="14.3" says="taken off, not added"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x + P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="from the wrong end"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts[::-1], float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="repels itself with 1"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1)
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="guesses attract"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x - x[:, None]
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="a complex number"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / np.abs(apart)).sum(1) - 1
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="multiplied by P"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x - P(x) / (slope(x) - repulsion)
    return x

# %% wrong="14.3" says="Only one step"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(min(n_steps, 1)):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="not their mean"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = ((1 / apart).sum(1) - 1) / (len(x) - 1)
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="1/distance²"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart**2).sum(1) - 1
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% wrong="14.3" says="has moved already"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        for k in range(len(x)):
            repulsion = (1 / (x[k] - np.delete(x, k))).sum()
            x[k] -= P(x[k]) / (slope(x[k]) - P(x[k]) * repulsion)
    return x

# %% wrong="14.3" says="Durand and Kerner"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x = np.array(guesses, complex)
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        x = x - P(x) / (counts[-1] * apart.prod(1))
    return x

# %% wrong="14.3" says="These are the zeros themselves"
def find_zeros(counts, guesses, n_steps):
    return np.roots(counts[::-1])

# %% wrong="14.3" says="divides by 0: leave it out"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        with np.errstate(all="ignore"):
            repulsion = (1 / (x[:, None] - x)).sum(1)
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% right="14.3"
def find_zeros(counts, guesses, n_steps):
    P = np.polynomial.Polynomial(np.array(counts, float))
    x, slope = np.array(guesses, complex), P.deriv()
    for _ in range(n_steps):
        apart = x[:, None] - x
        np.fill_diagonal(apart, 1)
        repulsion = (1 / apart).sum(1) - 1
        x = x - P(x) / (slope(x) - P(x) * repulsion)
    return x

# %% right="14.3"
def find_zeros(counts, guesses, n_steps):
    x = [complex(g) for g in guesses]
    for _ in range(n_steps):
        new = []
        for k, at in enumerate(x):
            value = sum(c * at**i for i, c in enumerate(counts))
            slope = sum(i * c * at ** (i - 1) for i, c in enumerate(counts) if i)
            field = sum(1 / (at - other) for j, other in enumerate(x) if j != k)
            new.append(at - value / (slope - value * field))
        x = new
    return np.array(x)

# %% right="14.3"
def find_zeros(counts, guesses, n_steps):
    if n_steps == 0:
        return np.array(guesses)
    powers = np.arange(len(counts))
    terms = np.array(counts, float) * guesses[:, None] ** powers
    newton = terms.sum(1) / ((terms * powers).sum(1) / guesses)
    with np.errstate(divide="ignore", invalid="ignore"):
        push = 1 / (guesses[:, None] - guesses[None, :])
    push[np.eye(len(guesses), dtype=bool)] = 0
    return find_zeros(counts, guesses - newton / (1 - newton * push.sum(axis=1)), n_steps - 1)

# %% equivalent="14.3" because="guesses are complex already, and x is never written into"
# x = np.array(guesses, dtype=complex)  ->  x = np.array(guesses)

# %% equivalent="14.3" because="of numbers too long for NumPy it makes an array of Python's, which is slower and as right"
# highest_first = np.array(counts[::-1], dtype=float)  ->  highest_first = np.array(counts[::-1])
