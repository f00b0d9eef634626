# Wrong answers that each check of lesson 09 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="9.1" says="All spins were drawn at once"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    unit = np.exp(1j * angles)
    pull = sum(np.roll(unit, step, axis) for axis in (0, 1) for step in (1, -1))
    angles = draw(np.angle(pull), beta * np.abs(pull))
    for _ in range(mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))
            angles = np.where(colour, 2 * np.angle(pull) - angles, angles)
    return angles

# %% wrong="9.1" says="mirrored at once"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))
        angles = np.where(colour, draw(np.angle(pull), beta * np.abs(pull)), angles)
    for _ in range(mirrors):
        pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))
        angles = 2 * np.angle(pull) - angles
    return angles

# %% wrong="9.1" says="The pull is an old one"
def xy_sweep(angles, beta, draw, mirrors=0):
    angles = arrows.sweep(angles, beta, draw)
    i, j = np.indices(angles.shape)
    pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))
    for _ in range(mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            angles = np.where(colour, 2 * np.angle(pull) - angles, angles)
    return angles

# %% wrong="9.1" says="White was drawn first"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for k in range(1 + mirrors):
        for colour in ((i + j) % 2 == 1, (i + j) % 2 == 0):
            pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))
            new = 2 * np.angle(pull) - angles if k else draw(np.angle(pull), beta * np.abs(pull))
            angles = np.where(colour, new, angles)
    return angles

# %% wrong="9.1" says="β is missing"
def xy_sweep(angles, beta, draw, mirrors=0):
    return arrows.sweep(angles, 1.0, draw, mirrors)

# %% wrong="9.1" says="you divided by β"
def xy_sweep(angles, beta, draw, mirrors=0):
    return arrows.sweep(angles, 1 / beta, draw, mirrors)

# %% wrong="9.1" says="not of the mean"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for k in range(1 + mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            four = [np.roll(angles, step, axis) for axis in (0, 1) for step in (1, -1)]
            x, y = np.mean(np.cos(four), axis=0), np.mean(np.sin(four), axis=0)
            new = 2 * np.arctan2(y, x) - angles if k else draw(np.arctan2(y, x), beta * np.hypot(x, y))
            angles = np.where(colour, new, angles)
    return angles

# %% wrong="9.1" says="mean of angles is no direction"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for k in range(1 + mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            four = np.array([np.roll(angles, step, axis) for axis in (0, 1) for step in (1, -1)])
            direction, length = four.mean(axis=0), np.abs(np.exp(1j * four).sum(axis=0))
            new = 2 * direction - angles if k else draw(direction, beta * length)
            angles = np.where(colour, new, angles)
    return angles

# %% wrong="9.1" says="arctan2 takes y first"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for k in range(1 + mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            four = [np.roll(angles, step, axis) for axis in (0, 1) for step in (1, -1)]
            x, y = np.sum(np.cos(four), axis=0), np.sum(np.sin(four), axis=0)
            new = 2 * np.arctan2(x, y) - angles if k else draw(np.arctan2(x, y), beta * np.hypot(x, y))
            angles = np.where(colour, new, angles)
    return angles

# %% wrong="9.1" says="The mirrors are missing"
def xy_sweep(angles, beta, draw, mirrors=0):
    return arrows.sweep(angles, beta, draw)

# %% wrong="9.1" says="you took φ - θ"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for k in range(1 + mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))
            new = np.angle(pull) - angles if k else draw(np.angle(pull), beta * np.abs(pull))
            angles = np.where(colour, new, angles)
    return angles

# %% wrong="9.1" says="right after its draw"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
        pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))
        angles = np.where(colour, draw(np.angle(pull), beta * np.abs(pull)), angles)
        for _ in range(mirrors):
            angles = np.where(colour, 2 * np.angle(pull) - angles, angles)
    return angles

# %% wrong="9.1" says="edges open"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for k in range(1 + mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            rim = np.pad(np.exp(1j * angles), 1)
            pull = rim[:-2, 1:-1] + rim[2:, 1:-1] + rim[1:-1, :-2] + rim[1:-1, 2:]
            new = 2 * np.angle(pull) - angles if k else draw(np.angle(pull), beta * np.abs(pull))
            angles = np.where(colour, new, angles)
    return angles

# %% wrong="9.1" says="`angles` has changed"
def xy_sweep(angles, beta, draw, mirrors=0):
    i, j = np.indices(angles.shape)
    for k in range(1 + mirrors):
        for colour in ((i + j) % 2 == 0, (i + j) % 2 == 1):
            pull = sum(np.roll(np.exp(1j * angles), step, axis) for axis in (0, 1) for step in (1, -1))[colour]
            new = 2 * np.angle(pull) - angles[colour] if k else draw(np.angle(pull), beta * np.abs(pull))
            angles[colour] = new
    return angles

# %% right="9.1"
def xy_sweep(angles, beta, draw, mirrors=0):
    return arrows.sweep(angles, beta, draw, mirrors)

# %% right="9.1"
def xy_sweep(angles, beta, draw, mirrors=0):
    angles = angles.copy()
    rows, cols = angles.shape
    places = [(i, j) for parity in (0, 1) for i in range(rows) for j in range(cols) if (i + j) % 2 == parity]
    for k in range(1 + mirrors):
        for i, j in places:
            four = [angles[i - 1, j], angles[(i + 1) % rows, j], angles[i, j - 1], angles[i, (j + 1) % cols]]
            x, y = sum(math.cos(t) for t in four), sum(math.sin(t) for t in four)
            direction = math.atan2(y, x)
            angles[i, j] = 2 * direction - angles[i, j] if k else draw(direction, beta * math.hypot(x, y))
    return angles

# %% right="9.1"
def xy_sweep(angles, beta, draw, mirrors=0):
    def pull(spins):
        return sum(np.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1))

    black = np.indices(angles.shape).sum(0) % 2 == 0
    spins = np.exp(1j * angles)
    for colour in (black, ~black):
        toward = pull(spins)
        spins = np.where(colour, np.exp(1j * draw(np.angle(toward), beta * np.abs(toward))), spins)
    for _ in range(mirrors):
        for colour in (black, ~black):
            spins = np.where(colour, np.exp(2j * np.angle(pull(spins))) * spins.conj(), spins)
    return np.angle(spins)

# %% wrong="9.2" says="not wrapped"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(b - a for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.2" says="not wrapped"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    total = sum(b - a for a, b in zip(corners, corners[1:] + corners[:1]))
    return np.angle(np.exp(1j * total)) / (2 * np.pi)

# %% wrong="9.2" says="not into [0, 2π)"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum((b - a) % (2 * np.pi) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.2" says="several turns off"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    total = np.zeros(angles.shape)
    for a, b in zip(corners, corners[1:] + corners[:1]):
        step = b - a
        step[step > np.pi] -= 2 * np.pi
        step[step < -np.pi] += 2 * np.pi
        total += step
    return np.round(total / (2 * np.pi)).astype(int)

# %% wrong="9.2" says="a step below -π needs a turn more"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    steps = [b - a for a, b in zip(corners, corners[1:] + corners[:1])]
    return np.round(sum(np.where(s > np.pi, s - 2 * np.pi, s) for s in steps) / (2 * np.pi)).astype(int)

# %% wrong="9.2" says="not cut off"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    steps = [b - a for a, b in zip(corners, corners[1:] + corners[:1])]
    return (sum((s + np.pi) % (2 * np.pi) - np.pi for s in steps) / (2 * np.pi)).astype(int)

# %% wrong="9.2" says="not the number of turns"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1]))

# %% wrong="9.2" says="counted twice"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / np.pi

# %% wrong="9.2" says="sign is wrong"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 0), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 1)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.2" says="keep the sign"
def find_vortices(angles):
    return np.abs(ob.winding_numbers(angles))

# %% wrong="9.2" says="on the other side"
def find_vortices(angles):
    corners = [angles, np.roll(angles, 1, 1), np.roll(angles, (1, 1), (0, 1)), np.roll(angles, 1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.2" says="plaquettes below"
def find_vortices(angles):
    corners = [np.roll(angles, 1, 0), np.roll(angles, (1, -1), (0, 1)), np.roll(angles, -1, 1), angles]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:] + corners[:1])) / (2 * np.pi)

# %% wrong="9.2" says="as many plaquettes as spins"
def find_vortices(angles):
    return ob.winding_numbers(angles, periodic=False)

# %% wrong="9.2" says="wrote into its argument"
def find_vortices(angles):
    angles -= 2 * np.pi * np.round(angles / (2 * np.pi))
    along, up = np.roll(angles, -1, 1) - angles, np.roll(angles, -1, 0) - angles
    along, up = (np.round(a / (2 * np.pi)) for a in (along, up))
    return up + np.roll(along, -1, 0) - np.roll(up, -1, 1) - along

# %% wrong="9.2" says="The walk is not closed"
def find_vortices(angles):
    corners = [angles, np.roll(angles, -1, 1), np.roll(angles, (-1, -1), (0, 1)), np.roll(angles, -1, 0)]
    return sum(np.angle(np.exp(1j * (b - a))) for a, b in zip(corners, corners[1:])) / (2 * np.pi)

# %% wrong="9.2" says="Antivortices are missing"
def find_vortices(angles):
    return (ob.winding_numbers(angles) > 0).astype(int)

# %% right="9.2"
def find_vortices(angles):
    return ob.winding_numbers(angles)

# %% right="9.2"
def find_vortices(angles):
    along = np.angle(np.exp(1j * (np.roll(angles, -1, 1) - angles)))
    up = np.angle(np.exp(1j * (np.roll(angles, -1, 0) - angles)))
    return np.rint((along + np.roll(up, -1, 1) - np.roll(along, -1, 0) - up) / (2 * np.pi)).astype(int)

# %% right="9.2"
def find_vortices(angles):
    rows, cols = angles.shape
    charge = np.zeros((rows, cols))
    for i in range(rows):
        for j in range(cols):
            a, b = (i + 1) % rows, (j + 1) % cols
            walk = [angles[i, j], angles[i, b], angles[a, b], angles[a, j], angles[i, j]]
            steps = [(y - x + math.pi) % (2 * math.pi) - math.pi for x, y in zip(walk, walk[1:])]
            charge[i, j] = sum(steps) / (2 * math.pi)
    return charge

# %% wrong="9.3" says="sine term is missing"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + c / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="β is missing"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * s**2) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="N is missing"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="is subtracted"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c + n * s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="not each sine"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * (np.sin(step) ** 2).mean(axis=(2, 3)) / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="you added them"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + c - n * s**2 / T
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="mixed up"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * T * s**2) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="L times L"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - len(angles[0, 0]) * s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="the square is missing"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * np.abs(s) / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="divide by the root"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1)])
    return np.array(rows)

# %% wrong="9.3" says="ddof=1"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std() / np.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="not from all lattices"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), each.std(ddof=1) / np.sqrt(each.size)])
    return np.array(rows)

# %% wrong="9.3" says="not the number"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n = angles[0, 0].size
        each = 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each = each + (c - n * s**2 / T) / 2
        chains = each.mean(axis=1)
        rows.append([chains.mean(), chains.std(ddof=1) / len(chains)])
    return np.array(rows)

# %% wrong="9.3" says="one axis only"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        step = np.roll(angles, -1, 3) - angles
        each = np.cos(step).mean((2, 3)) - angles[0, 0].size / T * np.sin(step).mean((2, 3)) ** 2
        rows.append([each.mean(), each.mean(1).std(ddof=1) / math.sqrt(len(each))])
    return np.array(rows)

# %% wrong="9.3" says="before the average over lattices"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n, chains = angles[0, 0].size, 0
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            chains = chains + (np.cos(step).mean((1, 2, 3)) - n / T * np.sin(step).mean((1, 2, 3)) ** 2) / 2
        rows.append([chains.mean(), chains.std(ddof=1) / math.sqrt(len(chains))])
    return np.array(rows)

# %% wrong="9.3" says="average its two axes before you take the spread"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n, each = angles[0, 0].size, []
        for axis in (2, 3):
            step = np.roll(angles, -1, axis) - angles
            c, s = np.cos(step).mean(axis=(2, 3)), np.sin(step).mean(axis=(2, 3))
            each.extend((c - n * s**2 / T).mean(axis=1))
        rows.append([np.mean(each), np.std(each, ddof=1) / np.sqrt(len(each))])
    return np.array(rows)

# %% wrong="9.3" says="The sides are joined"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        angles = np.asarray(draw(T))
        n, each = angles[0, 0].size, 0
        for axis in (2, 3):
            step = np.diff(angles, axis=axis)
            each = each + (np.cos(step).mean((2, 3)) - n / T * np.sin(step).mean((2, 3)) ** 2) / 2
        rows.append([each.mean(), each.mean(1).std(ddof=1) / math.sqrt(len(each))])
    return np.array(rows)

# %% wrong="9.3" says="yours are columns"
def stiffness_curve(draw, temperatures):
    return arrows.stiffness_curve(draw, temperatures).T

# %% wrong="9.3" says="Υ comes first"
def stiffness_curve(draw, temperatures):
    return arrows.stiffness_curve(draw, temperatures)[:, ::-1]

# %% wrong="9.3" says="do not cut it off at 0"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        chains = []
        for chain in np.asarray(draw(T)):
            steps = [chain - np.roll(chain, 1, axis) for axis in (1, 2)]
            c = np.mean([np.cos(step).mean() for step in steps])
            s2 = np.mean([np.sin(step).mean((1, 2)) ** 2 for step in steps])
            chains.append(max(0.0, c - chain[0].size * s2 / T))
        rows.append((np.mean(chains), np.std(chains, ddof=1) / len(chains) ** 0.5))
    return np.array(rows)

# %% right="9.3"
def stiffness_curve(draw, temperatures):
    return arrows.stiffness_curve(draw, temperatures)

# %% right="9.3"
def stiffness_curve(draw, temperatures):
    rows = []
    for T in temperatures:
        chains = []
        for chain in np.asarray(draw(T)):
            values = []
            for lattice in chain:
                for other in (np.roll(lattice, 1, 0), np.roll(lattice, 1, 1)):
                    wrapped = np.angle(np.exp(1j * (lattice - other)))
                    values.append(np.cos(wrapped).sum() / wrapped.size - np.sin(wrapped).sum() ** 2 / wrapped.size / T)
            chains.append(sum(values) / len(values))
        rows.append((float(np.mean(chains)), float(np.std(chains, ddof=1) / len(chains) ** 0.5)))
    return rows

# %% right="9.3"
def stiffness_curve(draw, temperatures):
    baths = [np.asarray(draw(T)) for T in temperatures]
    table = []
    for T, angles in zip(temperatures, baths):
        unit = np.exp(1j * angles)
        mean = np.stack([(np.roll(unit, -1, axis) * unit.conj()).mean((2, 3)) for axis in (2, 3)])
        chains = (mean.real - angles[0, 0].size / T * mean.imag**2).mean((0, 2))
        table.append(np.stack([chains.mean(), chains.std(ddof=1) / chains.size**0.5]))
    return np.stack(table)

# %% wrong="9.4" says="depends on T"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    i = int(np.argmax(above < 0))
    return temperatures[i - 1] + above[i - 1] / (above[i - 1] - above[i]) * (temperatures[i] - temperatures[i - 1])

# %% wrong="9.4" says="πT/2"
def kt_crossing(temperatures, helicity):
    return float(np.interp(0, np.pi * temperatures / 2 - helicity, temperatures))

# %% wrong="9.4" says="you took T/π"
def kt_crossing(temperatures, helicity):
    above = helicity - temperatures / np.pi
    i = int(np.argmax(above < 0))
    return temperatures[i - 1] + above[i - 1] / (above[i - 1] - above[i]) * (temperatures[i] - temperatures[i - 1])

# %% wrong="9.4" says="last point above"
def kt_crossing(temperatures, helicity):
    return temperatures[helicity > 2 * temperatures / np.pi][-1]

# %% wrong="9.4" says="first point below"
def kt_crossing(temperatures, helicity):
    return temperatures[helicity < 2 * temperatures / np.pi][0]

# %% wrong="9.4" says="Not the middle"
def kt_crossing(temperatures, helicity):
    i = int(np.argmax(helicity < 2 * temperatures / np.pi))
    return (temperatures[i - 1] + temperatures[i]) / 2

# %% wrong="9.4" says="weights are exchanged"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    i = int(np.argmax(above < 0))
    a, b = above[i - 1], -above[i]
    return (a * temperatures[i - 1] + b * temperatures[i]) / (a + b)

# %% wrong="9.4" says="where Υ is smallest"
def kt_crossing(temperatures, helicity):
    return temperatures[np.argmin(helicity)]

# %% wrong="9.4" says="was accepted"
def kt_crossing(temperatures, helicity):
    return float(np.interp(0, 2 * temperatures / np.pi - helicity, temperatures))

# %% wrong="9.4" says="That point is the crossing"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    i = int(np.argmax(above[:-1] * above[1:] < 0))
    share = above[i] / (above[i] - above[i + 1])
    return temperatures[i] + share * (temperatures[i + 1] - temperatures[i])

# %% wrong="9.4" says="neighbours in temperature"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    order = np.argsort(above)
    return float(np.interp(0, above[order], temperatures[order]))

# %% wrong="9.4" says="use the two beside the crossing"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] <= 0 or above[-1] >= 0:
        raise ValueError("no crossing")
    slope, level = np.polyfit(temperatures, above, 1)
    return -level / slope

# %% wrong="9.4" says="on it at first"
def kt_crossing(temperatures, helicity):
    above = helicity - 2 * temperatures / np.pi
    if above[0] < 0 or above[-1] > 0:
        raise ValueError("no crossing")
    i = int(np.argmax(above < 0))
    share = above[i - 1] / (above[i - 1] - above[i])
    return float(temperatures[i - 1] + share * (temperatures[i] - temperatures[i - 1]))

# %% right="9.4"
def kt_crossing(temperatures, helicity):
    below = 2 * np.asarray(temperatures) / np.pi - np.asarray(helicity)
    if not below[0] < 0 < below[-1]:
        raise ValueError("no crossing")
    return float(np.interp(0, below, temperatures))

# %% right="9.4"
def kt_crossing(temperatures, helicity):
    points = list(zip(temperatures, helicity))
    for (t, u), (v, w) in zip(points, points[1:]):
        if points[0][1] > 2 * points[0][0] / math.pi and u >= 2 * t / math.pi and w < 2 * v / math.pi:
            slope = (w - u) / (v - t)
            return (u - slope * t) / (2 / math.pi - slope)
    raise ValueError("the stiffness stays on one side of its line")

# %% equivalent="9.4" because="a point on the line is the crossing, at the end of one step or at the beginning of the next"
# i = int(np.argmax(above < 0))  ->  i = int(np.argmax(above <= 0))
# %% wrong="9.5" says="β is missing"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(np.cos(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="sign is wrong"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(-beta * np.cos(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="counted twice"
def clock_conditional(neighbours, beta, q):
    both = np.concatenate([neighbours, neighbours], axis=1)
    weight = np.exp(beta * np.cos(2 * np.pi / q * (np.arange(q) - both[:, :, None])).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="not their mean"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).mean(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="the angle is 2π k / q"
def clock_conditional(neighbours, beta, q):
    weight = np.exp(beta * np.cos(np.arange(q) - neighbours[:, :, None]).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="That is Potts"
def clock_conditional(neighbours, beta, q):
    weight = np.exp(beta * (np.arange(q) == neighbours[:, :, None]).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="Add up the cosines"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle.sum(axis=1)))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="You took the sine"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.sin(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="not normalised"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    return np.exp(beta * np.cos(angle).sum(axis=1))

# %% wrong="9.5" says="not by its largest weight"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).sum(axis=1))
    return weight / weight.max(axis=1, keepdims=True)

# %% wrong="9.5" says="normalised by itself"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).sum(axis=1))
    return weight / weight.sum()

# %% wrong="9.5" says="difference of their angles, not the sum"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) + neighbours[:, :, None])
    weight = np.exp(beta * np.cos(angle).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="along the wrong axis"
def clock_conditional(neighbours, beta, q):
    angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])
    return jax.nn.softmax(beta * np.cos(angle).sum(axis=1), axis=0)

# %% wrong="9.5" says="are all arguments used"
def clock_conditional(neighbours, beta, q):
    turn = 2 * np.pi / 16
    weight = np.exp(1.3 * np.cos(turn * (np.arange(16) - np.array([[0, 1, 1, 3], [15, 0, 2, 8], [4, 4, 5, 11]])[:, :, None])).sum(1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% wrong="9.5" says="wrote into its argument"
def clock_conditional(neighbours, beta, q):
    neighbours[neighbours > q // 2] -= q
    weight = np.exp(beta * np.cos(2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])).sum(axis=1))
    return weight / weight.sum(axis=1, keepdims=True)

# %% right="9.5"
def clock_conditional(neighbours, beta, q):
    unit = np.exp(2j * np.pi * np.arange(q) / q)
    pull = (unit * np.conj(unit[neighbours].sum(axis=1))[:, None]).real
    return jax.nn.softmax(beta * pull, axis=1)

# %% right="9.5"
def clock_conditional(neighbours, beta, q):
    rows = []
    for four in np.asarray(neighbours):
        energy = [-sum(math.cos(2 * math.pi * (k - j) / q) for j in four) for k in range(q)]
        weight = [math.exp(-beta * (e - min(energy))) for e in energy]
        rows.append([w / sum(weight) for w in weight])
    return np.array(rows)

# %% equivalent="9.5" because="the cosine does not mind the sign of a difference"
# angle = 2 * np.pi / q * (np.arange(q) - neighbours[:, :, None])  ->  angle = 2 * np.pi / q * (neighbours[:, :, None] - np.arange(q))


# %% equivalent="9.1" because="i + j and i - j are even together"
# black = (i + j) % 2 == 0  ->  black = (i - j) % 2 == 0

# %% equivalent="9.1" because="the four neighbours may be added up in any order"
# for axis in (0, 1):  ->  for axis in (1, 0):
# for step in (1, -1):  ->  for step in (-1, 1):

# %% equivalent="9.2" because="the total is a whole number of turns, and three of its four steps are less than half a turn away: rounding finds it"
# for k in range(4):  ->  for k in range(4 - 1):
# for k in range(4):  ->  for k in range(3):

# %% equivalent="9.2" because="the charge is -1, 0 or 1, and rounding takes away less than half a turn"
# total = np.zeros(angles.shape)  ->  total = np.ones(angles.shape)
# return np.round(total / (2 * np.pi)).astype(int)  ->  return np.round(total / (3 * np.pi)).astype(int)

# %% equivalent="9.3" because="the order of the axes in a sum or a mean makes no difference"
# for axis in (2, 3):  ->  for axis in (3, 2):
# c = np.cos(step).mean(axis=(2, 3))  ->  c = np.cos(step).mean(axis=(3, 2))
# s = np.sin(step).mean(axis=(2, 3))  ->  s = np.sin(step).mean(axis=(3, 2))

# %% equivalent="9.3" because="the sign of a step is lost in its cosine and in the square of the current"
# step = np.roll(angles, -1, axis) - angles  ->  step = angles - np.roll(angles, -1, axis)
# step = np.roll(angles, -1, axis) - angles  ->  step = np.roll(angles, 1, axis) - angles

# %% equivalent="9.3" because="lattices are square, as the docstring says"
# n_spins = angles.shape[2] * angles.shape[3]  ->  n_spins = angles.shape[3] * angles.shape[3]
# n_spins = angles.shape[2] * angles.shape[3]  ->  n_spins = angles.shape[2] * angles.shape[2]
