# Wrong answers that each check of lesson 09 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="9.1" says="β is missing"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(np.cos(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="sign is wrong"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(-beta * np.cos(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="counted twice"
def clock_conditional(neighbours, beta, q):
    both = np.concatenate([neighbours, neighbours], axis=1)
    weight = np.exp(beta * np.cos(2 * np.pi / q * (np.arange(q) - both[:, :, None])).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="not their mean"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).mean(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="the angle is 2π k / q"
def clock_conditional(neighbours, beta, q):
    weight = np.exp(beta * np.cos(np.arange(q) - neighbours[:, :, None]).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="That is Potts"
def clock_conditional(neighbours, beta, q):
    weight = np.exp(beta * (np.arange(q) == neighbours[:, :, None]).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="Add up the cosines"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle.sum(axis=1)))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="You took the sine"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.sin(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="not normalised"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    return np.exp(beta * np.cos(angle).sum(axis=1))

# %% wrong="9.1" says="not by its largest weight"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).sum(axis=1))
    return weight / weight.max(axis=1, keepdims=True)

# %% wrong="9.1" says="normalised by itself"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).sum(axis=1))
    return weight / weight.sum()

# %% wrong="9.1" says="difference of their angles, not the sum"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) + neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="along the wrong axis"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    return jax.nn.softmax(beta * np.cos(angle).sum(axis=1), axis=0)

# %% wrong="9.1" says="are all arguments used"
def clock_conditional(neighbours, beta, q):
    turn = 2 * np.pi / 16
    weight = np.exp(1.3 * np.cos(turn * (np.arange(16) - np.array([[0, 1, 1, 3], [15, 0, 2, 8], [4, 4, 5, 11]])[:, :, None])).sum(1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.1" says="wrote into its argument"
def clock_conditional(neighbours, beta, q):
    neighbours[neighbours > q // 2] -= q
    weight = np.exp(beta * np.cos(2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% right="9.1"
def clock_conditional(neighbours, beta, q):
    unit = np.exp(2j * np.pi * np.arange(q) / q)
    pull = (unit * np.conj(unit[neighbours].sum(axis=1))[:, None]).real
    return jax.nn.softmax(beta * pull, axis=1)

# %% right="9.1"
def clock_conditional(neighbours, beta, q):
    rows = []
    for four in np.asarray(neighbours):
        energy = [-sum(math.cos(2 * math.pi * (k - j) / q) for j in four) for k in range(q)]
        weight = [math.exp(-beta * (e - min(energy))) for e in energy]
        rows.append([w / sum(weight) for w in weight])
    return np.array(rows)

# %% wrong="9.2" says="β is missing"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), np.hypot(x, y)

# %% wrong="9.2" says="not of the mean"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).mean(axis=1), np.sin(neighbours).mean(axis=1)
    return np.arctan2(y, x), beta * np.hypot(x, y)

# %% wrong="9.2" says="take the square root"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), beta * (x**2 + y**2)

# %% wrong="9.2" says="unless they agree"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), np.full(len(neighbours), 4 * beta)

# %% wrong="9.2" says="you divided by β"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), np.hypot(x, y) / beta

# %% wrong="9.2" says="mean of angles is no direction"
def pull(neighbours, beta):
    return neighbours.mean(axis=1), beta * np.abs(np.exp(1j * neighbours).sum(axis=1))

# %% wrong="9.2" says="arctan2 takes y first"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(x, y), beta * np.hypot(x, y)

# %% wrong="9.2" says="half of the circle"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan(y / x), beta * np.hypot(x, y)

# %% wrong="9.2" says="away from the neighbours"
def pull(neighbours, beta):
    x, y = -np.cos(neighbours).sum(axis=1), -np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), beta * np.hypot(x, y)

# %% wrong="9.2" says="not degrees"
def pull(neighbours, beta):
    total = np.exp(1j * neighbours).sum(axis=1)
    return np.angle(total, deg=True), beta * np.abs(total)

# %% wrong="9.2" says="Return φ first, then κ"
def pull(neighbours, beta):
    total = np.exp(1j * neighbours).sum(axis=1)
    return beta * np.abs(total), np.angle(total)

# %% wrong="9.2" says="The root belongs to R alone"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), np.sqrt(beta * (x**2 + y**2))

# %% wrong="9.2" says="not over the spins"
def pull(neighbours, beta):
    x, y = np.cos(neighbours).sum(axis=0), np.sin(neighbours).sum(axis=0)
    return np.arctan2(y, x), beta * np.hypot(x, y)

# %% wrong="9.2" says="wrote into its argument"
def pull(neighbours, beta):
    neighbours %= 2 * np.pi
    x, y = np.cos(neighbours).sum(axis=1), np.sin(neighbours).sum(axis=1)
    return np.arctan2(y, x), beta * np.hypot(x, y)

# %% right="9.2"
def pull(neighbours, beta):
    total = np.exp(1j * neighbours).sum(axis=1)
    return np.angle(total) % (2 * np.pi), beta * np.abs(total)

# %% right="9.2"
def pull(neighbours, beta):
    turn = jnp.asarray(neighbours)
    x, y = jnp.cos(turn).sum(1), jnp.sin(turn).sum(1)
    return jnp.arctan2(y, x), beta * jnp.sqrt(x**2 + y**2)

# %% right="9.2"
def pull(neighbours, beta):
    total = np.exp(1j * neighbours).sum(axis=1)
    return np.stack([np.angle(total), beta * np.abs(total)])

# %% wrong="9.3" says="not wrapped"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(b - a for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.3" says="not wrapped"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    total = sum(b - a for a, b in zip(corners, corners[1:] + corners[:1]))
    return np.angle(np.exp(1j * total)) / (2 * np.pi)

# %% wrong="9.3" says="not into [0, 2π)"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum((b - a) % (2 * np.pi) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.3" says="not the number of turns"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1]))

# %% wrong="9.3" says="counted twice"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / np.pi

# %% wrong="9.3" says="sign is wrong"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, -1, 0), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 1)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.3" says="keep the sign"
def winding_numbers(angles):
    return np.abs(ob.winding_numbers(angles))

# %% wrong="9.3" says="on the other side"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, 1, 1), np.roll(angles, (1, 1), (0, 1)), np.roll(angles, 1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.3" says="plaquettes below"
def winding_numbers(angles):
    corners = [np.roll(angles, 1, 0), np.roll(angles, (1, -1), (0, 1)), np.roll(angles, -1, 1), angles]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.3" says="as many plaquettes as spins"
def winding_numbers(angles):
    return ob.winding_numbers(angles, periodic=False)

# %% wrong="9.3" says="wrote into its argument"
def winding_numbers(angles):
    angles -= 2 * np.pi * np.round(angles / (2 * np.pi))
    along, up = np.roll(angles, -1, 1) - angles, np.roll(angles, -1, 0) - angles
    along, up = (np.round(a / (2 * np.pi)) for a in (along, up))
    return up + np.roll(along, -1, 0) - np.roll(up, -1, 1) - along

# %% wrong="9.3" says="The walk is not closed"
def winding_numbers(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:])) / (2 * np.pi)

# %% wrong="9.3" says="Antivortices are missing"
def winding_numbers(angles):
    return (ob.winding_numbers(angles) > 0).astype(int)

# %% right="9.3"
def winding_numbers(angles):
    return ob.winding_numbers(angles)

# %% right="9.3"
def winding_numbers(angles):
    along = np.angle(np.exp(1j * (np.roll(angles, -1, 1) - angles)))
    up = np.angle(np.exp(1j * (np.roll(angles, -1, 0) - angles)))
    return np.rint((along + np.roll(up, -1, 1) - np.roll(along, -1, 0) - up) / (2 * np.pi)).astype(int)

# %% right="9.3"
def winding_numbers(angles):
    rows, cols = angles.shape
    charge = np.zeros((rows, cols))
    for i in range(rows):
        for j in range(cols):
            a, b = (i + 1) % rows, (j + 1) % cols
            walk = [angles[i, j], angles[i, b], angles[a, b], angles[a, j], angles[i, j]]
            steps = [(y - x + math.pi) % (2 * math.pi) - math.pi for x, y in zip(walk, walk[1:])]
            charge[i, j] = sum(steps) / (2 * math.pi)
    return charge

# %% wrong="9.4" says="sine term is missing"
def helicity_modulus(angles, beta):
    return np.mean([np.cos(np.roll(angles, -1, axis) - angles).mean() for axis in (1, 2)])

# %% wrong="9.4" says="β is missing"
def helicity_modulus(angles, beta):
    return ob.helicity_modulus(ob.helicity_terms(angles), 1.0, angles[0].size, axis=0)

# %% wrong="9.4" says="N is missing"
def helicity_modulus(angles, beta):
    return ob.helicity_modulus(ob.helicity_terms(angles), beta, 1, axis=0)

# %% wrong="9.4" says="is subtracted"
def helicity_modulus(angles, beta):
    c, s2 = ob.helicity_terms(angles).mean(0)
    return c + beta * angles[0].size * s2

# %% wrong="9.4" says="not each sine"
def helicity_modulus(angles, beta):
    steps = [np.roll(angles, -1, axis) - angles for axis in (1, 2)]
    return np.mean([np.cos(d).mean() - beta * (np.sin(d) ** 2).mean() for d in steps])

# %% wrong="9.4" says="before the average over lattices"
def helicity_modulus(angles, beta):
    steps = [np.roll(angles, -1, axis) - angles for axis in (1, 2)]
    return np.mean([np.cos(d).mean() - beta * angles[0].size * np.sin(d).mean() ** 2 for d in steps])

# %% wrong="9.4" says="you added them"
def helicity_modulus(angles, beta):
    return 2 * ob.helicity_modulus(ob.helicity_terms(angles), beta, angles[0].size, axis=0)

# %% wrong="9.4" says="twice too large"
def helicity_modulus(angles, beta):
    return ob.helicity_modulus(ob.helicity_terms(angles), beta, 2 * angles[0].size, axis=0)

# %% wrong="9.4" says="mixed up"
def helicity_modulus(angles, beta):
    return ob.helicity_modulus(ob.helicity_terms(angles), 1 / beta, angles[0].size, axis=0)

# %% wrong="9.4" says="L times L"
def helicity_modulus(angles, beta):
    return ob.helicity_modulus(ob.helicity_terms(angles), beta, angles.shape[1], axis=0)

# %% wrong="9.4" says="not of all"
def helicity_modulus(angles, beta):
    return ob.helicity_modulus(ob.helicity_terms(angles), beta, angles.size, axis=0)

# %% wrong="9.4" says="one axis only"
def helicity_modulus(angles, beta):
    step = np.roll(angles, -1, 2) - angles
    return np.cos(step).mean() - beta * angles[0].size * (np.sin(step).mean((1, 2)) ** 2).mean()

# %% wrong="9.4" says="one axis only"
def helicity_modulus(angles, beta):
    step = np.roll(angles, -1, 1) - angles
    return np.cos(step).mean() - beta * angles[0].size * (np.sin(step).mean((1, 2)) ** 2).mean()

# %% wrong="9.4" says="do not cut it off at 0"
def helicity_modulus(angles, beta):
    return max(0.0, ob.helicity_modulus(ob.helicity_terms(angles), beta, angles[0].size, axis=0))

# %% wrong="9.4" says="nothing is subtracted"
def helicity_modulus(angles, beta):
    steps = [np.roll(angles, -1, axis) - angles for axis in (1, 2)]
    return np.mean([np.cos(d).mean() - beta * angles[0].size * np.sin(d).mean((1, 2)).var() for d in steps])

# %% wrong="9.4" says="The sides are joined"
def helicity_modulus(angles, beta):
    steps = [np.diff(angles, axis=axis) for axis in (1, 2)]
    return np.mean([np.cos(d).mean() - beta * angles[0].size * (np.sin(d).mean((1, 2)) ** 2).mean() for d in steps])

# %% wrong="9.4" says="wrote into its argument"
def helicity_modulus(angles, beta):
    angles %= 2 * np.pi
    return ob.helicity_modulus(ob.helicity_terms(angles), beta, angles[0].size, axis=0)

# %% right="9.4"
def helicity_modulus(angles, beta):
    return ob.helicity_modulus(ob.helicity_terms(angles), beta, angles[0].size, axis=0)

# %% right="9.4"
def helicity_modulus(angles, beta):
    n_spins, total = angles.shape[1] * angles.shape[2], []
    for lattice in angles:
        for other in (np.roll(lattice, 1, 0), np.roll(lattice, 1, 1)):
            wrapped = np.angle(np.exp(1j * (lattice - other)))
            total.append(np.cos(wrapped).sum() / n_spins - beta * np.sin(wrapped).sum() ** 2 / n_spins)
    return float(np.mean(total))

# %% wrong="9.5" says="depends on T"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    i = int(np.argmax(above < 0))
    return temperatures[i - 1] + above[i - 1] / (above[i - 1] - above[i]) * (temperatures[i] - temperatures[i - 1])

# %% wrong="9.5" says="πT/2"
def kt_crossing(temperatures, helicity):
    return float(np.interp(0, np.pi * temperatures / 2 - helicity, temperatures))

# %% wrong="9.5" says="you took T/π"
def kt_crossing(temperatures, helicity):
    above = helicity - temperatures / np.pi
    i = int(np.argmax(above < 0))
    return temperatures[i - 1] + above[i - 1] / (above[i - 1] - above[i]) * (temperatures[i] - temperatures[i - 1])

# %% wrong="9.5" says="last point above"
def kt_crossing(temperatures, helicity):
    return temperatures[helicity > 2 * temperatures / np.pi][-1]

# %% wrong="9.5" says="first point below"
def kt_crossing(temperatures, helicity):
    return temperatures[helicity < 2 * temperatures / np.pi][0]

# %% wrong="9.5" says="Not the middle"
def kt_crossing(temperatures, helicity):
    i = int(np.argmax(helicity < 2 * temperatures / np.pi))
    return (temperatures[i - 1] + temperatures[i]) / 2

# %% wrong="9.5" says="weights are exchanged"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    i = int(np.argmax(above < 0))
    a, b = above[i - 1], -above[i]
    return (a * temperatures[i - 1] + b * temperatures[i]) / (a + b)

# %% wrong="9.5" says="where Υ is smallest"
def kt_crossing(temperatures, helicity):
    return temperatures[np.argmin(helicity)]

# %% wrong="9.5" says="was accepted"
def kt_crossing(temperatures, helicity):
    return float(np.interp(0, 2 * temperatures / np.pi - helicity, temperatures))

# %% wrong="9.5" says="That point is the crossing"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    i = int(np.argmax(above[:-1] * above[1:] < 0))
    share = above[i] / (above[i] - above[i + 1])
    return temperatures[i] + share * (temperatures[i + 1] - temperatures[i])

# %% wrong="9.5" says="neighbours in temperature"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    order = np.argsort(above)
    return float(np.interp(0, above[order], temperatures[order]))

# %% wrong="9.5" says="use the two beside the crossing"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    slope, level = np.polyfit(temperatures, above, 1)
    return -level / slope

# %% wrong="9.5" says="on it at first"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] < 0 or above[-1] > 0:
        raise ValueError("no crossing")
    i = int(np.argmax(above < 0))
    share = above[i - 1] / (above[i - 1] - above[i])
    return float(temperatures[i - 1] + share * (temperatures[i] - temperatures[i - 1]))

# %% right="9.5"
def kt_crossing(temperatures, helicity):
    below = 2 * np.asarray(temperatures) / np.pi - np.asarray(helicity)
    if not below[0] < 0 < below[-1]:
        raise ValueError("no crossing")
    return float(np.interp(0, below, temperatures))

# %% right="9.5"
def kt_crossing(temperatures, helicity):
    points = list(zip(temperatures, helicity))
    for (t, u), (v, w) in zip(points, points[1:]):
        if points[0][1] > 2 * points[0][0] / math.pi and u >= 2 * t / math.pi and w < 2 * v / math.pi:
            slope = (w - u) / (v - t)
            return (u - slope * t) / (2 / math.pi - slope)
    raise ValueError("the stiffness stays on one side of its line")

# %% equivalent="9.1" because="the cosine does not mind the sign of a difference"
# angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])  ->  angle = 2 * np.pi / q * (neighbours[:, :, None] - np.arange(q))

# %% equivalent="9.3" because="strict only guards against lists of different lengths, and these are equal"
# for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):  ->  for here, there in zip(corners, [*corners[1:], corners[0]]):
# for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):  ->  for here, there in zip(corners, [*corners[1:], corners[0]], strict=False):

# %% equivalent="9.3" because="both axes are rolled by the same amount, in any order"
# corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]  ->  corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (1, 0)), np.roll(angles, -1, 0)]

# %% equivalent="9.3" because="the plain steps round a plaquette add up to 0, whatever their sign: the turns taken away are all that is left"
# total = total + step - 2 * np.pi * np.round(step / (2 * np.pi))  ->  total = total - step - 2 * np.pi * np.round(step / (2 * np.pi))
# total = total + step - 2 * np.pi * np.round(step / (2 * np.pi))  ->  total = total - 2 * np.pi * np.round(step / (2 * np.pi))

# %% equivalent="9.3" because="a charge is a whole number"
# winding_numbers: rounds its result

# %% equivalent="9.4" because="the order of the axes in a sum or a mean makes no difference"
# for axis in (1, 2):  ->  for axis in (2, 1):
# c, s = (np.cos(step).mean(axis=(1, 2)), np.sin(step).mean(axis=(1, 2)))  ->  c, s = (np.cos(step).mean(axis=(2, 1)), np.sin(step).mean(axis=(1, 2)))
# c, s = (np.cos(step).mean(axis=(1, 2)), np.sin(step).mean(axis=(1, 2)))  ->  c, s = (np.cos(step).mean(axis=(1, 2)), np.sin(step).mean(axis=(2, 1)))

# %% equivalent="9.4" because="c enters by its mean over lattices and spins alone, in whichever order it is taken"
# c, s = (np.cos(step).mean(axis=(1, 2)), np.sin(step).mean(axis=(1, 2)))  ->  c, s = (np.cos(step).mean(), np.sin(step).mean(axis=(1, 2)))
# c, s = (np.cos(step).mean(axis=(1, 2)), np.sin(step).mean(axis=(1, 2)))  ->  c, s = (np.cos(step).mean(axis=(0, 2)), np.sin(step).mean(axis=(1, 2)))

# %% equivalent="9.4" because="the sign of a step is lost in its cosine and in the square of the current"
# step = np.roll(angles, -1, axis) - angles  ->  step = angles - np.roll(angles, -1, axis)
# step = np.roll(angles, -1, axis) - angles  ->  step = np.roll(angles, 1, axis) - angles

# %% equivalent="9.4" because="lattices are square, as the docstring says"
# n_spins = angles.shape[1] * angles.shape[2]  ->  n_spins = angles.shape[2] * angles.shape[2]
# n_spins = angles.shape[1] * angles.shape[2]  ->  n_spins = angles.shape[1] * angles.shape[1]

# %% equivalent="9.5" because="a point on the line is the crossing, at the end of one step or at the beginning of the next"
# i = int(np.argmax(above < 0))  ->  i = int(np.argmax(above <= 0))
