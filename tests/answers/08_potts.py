# Wrong answers that each check of lesson 08 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="8.1" says="β is missing"
def potts_conditional(spins, beta, q):
    same = sum((jnp.roll(spins, step, axis)[..., None] == jnp.arange(q)) * 1 for axis in (0, 1) for step in (1, -1))
    return jax.nn.softmax(same.astype(float), axis=-1)


# %% wrong="8.1" says="factor 2 belongs to Ising"
def potts_conditional(spins, beta, q):
    same = sum((jnp.roll(spins, step, axis)[..., None] == jnp.arange(q)) * 1 for axis in (0, 1) for step in (1, -1))
    return jax.nn.softmax(2 * beta * same, axis=-1)


# %% wrong="8.1" says="counted twice"
def potts_conditional(spins, beta, q):
    weight = 1.0
    for axis in (0, 1):
        for step in (1, -1, -1, 1):
            weight = weight * jnp.exp(beta * (jnp.roll(spins, step, axis)[..., None] == jnp.arange(q)))
    return weight / weight.sum(-1, keepdims=True)


# %% wrong="8.1" says="A factor 2 is missing"
def potts_conditional(spins, beta, q):
    same = sum((jnp.roll(spins, step, axis)[..., None] == jnp.arange(q)) * 1 for axis in (0, 1) for step in (1, -1))
    return jax.nn.softmax(beta * same / 2, axis=-1)


# %% wrong="8.1" says="The sign is wrong"
def potts_conditional(spins, beta, q):
    same = sum((jnp.roll(spins, step, axis)[..., None] == jnp.arange(q)) * 1 for axis in (0, 1) for step in (1, -1))
    return jax.nn.softmax(-beta * same, axis=-1)


# %% wrong="8.1" says="the mean over the neighbours"
def potts_conditional(spins, beta, q):
    beside = jnp.stack([jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)])
    return jax.nn.softmax(beta * (beside[..., None] == jnp.arange(q)).mean(0), axis=-1)


# %% wrong="8.1" says="no neighbour of itself"
def potts_conditional(spins, beta, q):
    beside = [spins] + [jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)]
    return jax.nn.softmax(beta * sum((s[..., None] == jnp.arange(q)) * 1 for s in beside), axis=-1)


# %% wrong="8.1" says="two are missing"
def potts_conditional(spins, beta, q):
    beside = [jnp.roll(spins, 1, axis) for axis in (0, 1)]
    return jax.nn.softmax(beta * sum((s[..., None] == jnp.arange(q)) * 1 for s in beside), axis=-1)


# %% wrong="8.1" says="leaves them open"
def potts_conditional(spins, beta, q):
    rim = jnp.pad(spins.astype(int), 1, constant_values=-1)
    beside = [rim[:-2, 1:-1], rim[2:, 1:-1], rim[1:-1, :-2], rim[1:-1, 2:]]
    return jax.nn.softmax(beta * sum((s[..., None] == jnp.arange(q)) * 1 for s in beside), axis=-1)


# %% wrong="8.1" says="not normalised"
def potts_conditional(spins, beta, q):
    same = sum((jnp.roll(spins, step, axis)[..., None] == jnp.arange(q)) * 1 for axis in (0, 1) for step in (1, -1))
    return jnp.exp(beta * same)


# %% wrong="8.1" says="not over all spins"
def potts_conditional(spins, beta, q):
    same = sum((jnp.roll(spins, step, axis)[..., None] == jnp.arange(q)) * 1 for axis in (0, 1) for step in (1, -1))
    return jax.nn.softmax(beta * same, axis=None)


# %% wrong="8.1" says="the last axis"
def potts_conditional(spins, beta, q):
    colours = jnp.arange(q)[:, None, None]
    same = sum((jnp.roll(spins, step, axis) == colours) * 1 for axis in (0, 1) for step in (1, -1))
    return jax.nn.softmax(beta * same, axis=0)


# %% wrong="8.1" says="the colour that the spin has"
def potts_conditional(spins, beta, q):
    p = gibbs.potts_conditional(spins, beta, q)
    return jnp.take_along_axis(p, spins[..., None].astype(int), axis=-1)[..., 0]


# %% right="8.1"
def potts_conditional(spins, beta, q):
    spins = np.asarray(spins)
    rows, cols = spins.shape
    p = np.zeros((rows, cols, q))
    for a in range(rows):
        for b in range(cols):
            for s in (spins[(a + 1) % rows, b], spins[a - 1, b], spins[a, (b + 1) % cols], spins[a, b - 1]):
                p[a, b, s] += 1
    p = np.exp(beta * p)
    return p / p.sum(axis=-1, keepdims=True)


# %% right="8.1"
def potts_conditional(spins, beta, q):
    hot = jax.nn.one_hot(spins, q)
    pull = beta * (jnp.roll(hot, 1, 0) + jnp.roll(hot, -1, 0) + jnp.roll(hot, 1, 1) + jnp.roll(hot, -1, 1))
    return jnp.exp(pull - jax.nn.logsumexp(pull, axis=-1, keepdims=True))


# %% wrong="8.2" says="share ρ itself"
def potts_order_parameter(colours, q):
    return np.stack([(colours == k).mean((1, 2)) for k in range(q)]).max(0)


# %% wrong="8.2" says="division by q - 1"
def potts_order_parameter(colours, q):
    return q * np.stack([(colours == k).mean((1, 2)) for k in range(q)]).max(0) - 1


# %% wrong="8.2" says="Subtract 1"
def potts_order_parameter(colours, q):
    return q * np.stack([(colours == k).mean((1, 2)) for k in range(q)]).max(0) / (q - 1)


# %% wrong="8.2" says="full order does not give 1"
def potts_order_parameter(colours, q):
    return np.stack([(colours == k).mean((1, 2)) for k in range(q)]).max(0) - 1 / q


# %% wrong="8.2" says="colour 0 only"
def potts_order_parameter(colours, q):
    return (q * (colours == 0).mean((1, 2)) - 1) / (q - 1)


# %% wrong="8.2" says="mean over the colours"
def potts_order_parameter(colours, q):
    shares = np.stack([(colours == k).mean((1, 2)) for k in range(q)])
    return ((q * shares - 1) / (q - 1)).mean(0)


# %% wrong="8.2" says="only a name"
def potts_order_parameter(colours, q):
    return colours.mean(axis=(1, 2))


# %% wrong="8.2" says="its own most frequent colour"
def potts_order_parameter(colours, q):
    k = np.bincount(colours.ravel(), minlength=q).argmax()
    return (q * (colours == k).mean((1, 2)) - 1) / (q - 1)


# %% wrong="8.2" says="rarest"
def potts_order_parameter(colours, q):
    return (q * np.stack([(colours == k).mean((1, 2)) for k in range(q)]).min(0) - 1) / (q - 1)


# %% wrong="8.2" says="not one for all"
def potts_order_parameter(colours, q):
    shares = np.stack([(colours == k).mean((1, 2)) for k in range(q)])
    return ((q * shares.max(0) - 1) / (q - 1)).mean()


# %% right="8.2"
def potts_order_parameter(colours, q):
    return [(q * np.bincount(s.ravel(), minlength=q).max() / s.size - 1) / (q - 1) for s in colours]


# %% right="8.2"
def potts_order_parameter(colours, q):
    largest = (jnp.asarray(colours)[..., None] == jnp.arange(q)).mean((1, 2)).max(-1)
    return largest - (1 - largest) / (q - 1)


# %% wrong="8.3" says="The sign is wrong"
def latent_heat(from_ordered, from_disordered):
    right = ob.latent_heat(from_ordered, from_disordered)
    return -right.value, right.error


# %% wrong="8.3" says="the mean of the two"
def latent_heat(from_ordered, from_disordered):
    return (from_ordered.mean() + from_disordered.mean()) / 2, ob.latent_heat(from_ordered, from_disordered).error


# %% wrong="8.3" says="count chains, not samples"
def latent_heat(from_ordered, from_disordered):
    error = math.sqrt(from_ordered.var() / from_ordered.size + from_disordered.var() / from_disordered.size)
    return from_disordered.mean() - from_ordered.mean(), error


# %% wrong="8.3" says="count chains, not samples"
def latent_heat(from_ordered, from_disordered):
    a, b = (x.std(ddof=1) / np.sqrt(x.size) for x in (from_ordered, from_disordered))
    return from_disordered.mean() - from_ordered.mean(), np.hypot(a, b)


# %% wrong="8.3" says="add in squares"
def latent_heat(from_ordered, from_disordered):
    a, b = (x.mean(1).std(ddof=1) / np.sqrt(len(x)) for x in (from_ordered, from_disordered))
    return from_disordered.mean() - from_ordered.mean(), a + b


# %% wrong="8.3" says="square of the error"
def latent_heat(from_ordered, from_disordered):
    a, b = (x.mean(1).var(ddof=1) / len(x) for x in (from_ordered, from_disordered))
    return from_disordered.mean() - from_ordered.mean(), a + b


# %% wrong="8.3" says="divided by √chains"
def latent_heat(from_ordered, from_disordered):
    a, b = (x.mean(1).std(ddof=1) for x in (from_ordered, from_disordered))
    return from_disordered.mean() - from_ordered.mean(), np.hypot(a, b)


# %% wrong="8.3" says="ddof=1"
def latent_heat(from_ordered, from_disordered):
    a, b = (x.mean(1).std() / np.sqrt(len(x)) for x in (from_ordered, from_disordered))
    return from_disordered.mean() - from_ordered.mean(), np.hypot(a, b)


# %% wrong="8.3" says="hot mean alone"
def latent_heat(from_ordered, from_disordered):
    error = from_disordered.mean(1).std(ddof=1) / np.sqrt(len(from_disordered))
    return from_disordered.mean() - from_ordered.mean(), error


# %% wrong="8.3" says="expected 2 values"
def latent_heat(from_ordered, from_disordered):
    return from_disordered.mean() - from_ordered.mean()


# %% right="8.3"
def latent_heat(from_ordered, from_disordered):
    return ob.latent_heat(from_ordered, from_disordered)


# %% right="8.3"
def latent_heat(from_ordered, from_disordered):
    means, square = [], 0.0
    for x in (from_ordered, from_disordered):
        each = [sum(chain) / len(chain) for chain in x]
        mean = sum(each) / len(each)
        square += sum((m - mean) ** 2 for m in each) / (len(each) * (len(each) - 1))
        means.append(mean)
    return means[1] - means[0], square**0.5


# %% wrong="8.4" says="N times that per spin"
def two_phases(energy, shift, n_spins, cut):
    return ob.two_phases(energy, shift, 1, cut)


# %% wrong="8.4" says="The sign is wrong"
def two_phases(energy, shift, n_spins, cut):
    w, low = np.exp(shift * n_spins * (energy - energy.mean())), energy < cut
    return w[low].sum() / w.sum(), np.average(energy[low], weights=w[low]), np.average(energy[~low], weights=w[~low])


# %% wrong="8.4" says="weights are not used"
def two_phases(energy, shift, n_spins, cut):
    low = energy < cut
    return low.mean(), energy[low].mean(), energy[~low].mean()


# %% wrong="8.4" says="counted twice"
def two_phases(energy, shift, n_spins, cut):
    return ob.two_phases(energy, 2 * shift, n_spins, cut)


# %% wrong="8.4" says="Ordered is below"
def two_phases(energy, shift, n_spins, cut):
    share, low, high = ob.two_phases(energy, shift, n_spins, cut)
    return 1 - share, high, low


# %% wrong="8.4" says="Ordered is below"
def two_phases(energy, shift, n_spins, cut):
    share, low, high = ob.two_phases(energy, shift, n_spins, cut)
    return share, high, low


# %% wrong="8.4" says="weighted too"
def two_phases(energy, shift, n_spins, cut):
    low = energy < cut
    return ob.two_phases(energy, shift, n_spins, cut)[0], energy[low].mean(), energy[~low].mean()


# %% wrong="8.4" says="not by that of all samples"
def two_phases(energy, shift, n_spins, cut):
    w, low = np.exp(-shift * n_spins * (energy - energy.mean())), energy < cut
    w /= w.sum()
    return w[low].sum(), (w * energy)[low].sum(), (w * energy)[~low].sum()


# %% wrong="8.4" says="subtract the largest exponent"
def two_phases(energy, shift, n_spins, cut):
    w, low = np.exp(-shift * n_spins * energy), energy < cut
    return w[low].sum() / w.sum(), np.average(energy[low], weights=w[low]), np.average(energy[~low], weights=w[~low])


# %% right="8.4"
def two_phases(energy, shift, n_spins, cut):
    w, low = np.exp(-shift * n_spins * (energy - energy.mean())), energy < cut
    return w[low].sum() / w.sum(), np.average(energy[low], weights=w[low]), np.average(energy[~low], weights=w[~low])


# %% right="8.4"
def two_phases(energy, shift, n_spins, cut):
    logs = [-shift * n_spins * x for x in energy]
    top = max(logs)
    sums = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for x, log in zip(energy, logs, strict=True):
        sums[bool(x < cut)][0] += math.exp(log - top)
        sums[bool(x < cut)][1] += math.exp(log - top) * x
    (a, u), (b, v) = sums[True], sums[False]
    return a / (a + b), u / a, v / b


# %% wrong="8.5" says="β is missing"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="use active_flags"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, (colours,) in zip(interactions, states, strict=True):
            pull += bond.coupling * (colours[..., None] == jnp.arange(self.q)).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="The sign is wrong"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        energy = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            energy -= bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * energy).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="The coupling is not used"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0
        for active, (colours,) in zip(active_flags, states, strict=True):
            pull += ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="counted twice"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += 2 * bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="Only the first interaction"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        same = (states[0][0][..., None] == jnp.arange(self.q)) & active_flags[0][..., None]
        pull = interactions[0].coupling * same.sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="that is their mean"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).mean(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="most probable one"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return pull.argmax(-1).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="THRML wants output_sd.dtype"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull), sampler_state


# %% wrong="8.5" says="Use the key"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        drawn = jax.random.categorical(jax.random.key(0), self.beta * pull)
        return drawn.astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="Hand sampler_state back"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), 0


# %% wrong="8.5" says="expected 2 values"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype)


# %% right="8.5"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        weights = []
        for k in range(self.q):
            terms = zip(interactions, active_flags, states, strict=True)
            pull = sum(bond.coupling * (active & (s[0] == k)).sum(1) for bond, active, s in terms)
            weights.append(jnp.exp(self.beta * pull))
        steps = jnp.cumsum(jnp.stack(weights), axis=0)
        height = jax.random.uniform(key, output_sd.shape) * steps[-1]
        return (height >= steps[:-1]).sum(0).astype(output_sd.dtype), sampler_state


# %% right="8.5"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        energy = jnp.zeros((*output_sd.shape, self.q))
        for bond, active, beside in zip(interactions, active_flags, states, strict=True):
            energy -= jnp.einsum("nk,nkq->nq", bond.coupling * active, jax.nn.one_hot(beside[0], self.q))
        noise = jax.random.gumbel(key, energy.shape)
        return jnp.argmax(noise - self.beta * energy, axis=-1).astype(jnp.uint8), sampler_state


# %% wrong="8.1" says="also where some of them do not occur"
def potts_conditional(spins, beta, q):
    same = sum(jax.nn.one_hot(jnp.roll(spins, step, axis), int(spins.max()) + 1) for axis in (0, 1) for step in (1, -1))
    return jax.nn.softmax(beta * same, axis=-1)


# %% wrong="8.2" says="does not fit into uint8"
def potts_order_parameter(colours, q):
    largest = np.zeros(len(colours), np.uint8)
    for k in range(q):
        largest = np.maximum(largest, (colours == k).sum(axis=(1, 2), dtype=np.uint8))
    return (q * largest.astype(float) / colours[0].size - 1) / (q - 1)


# %% wrong="8.3" says="has a sign, which is lost"
def latent_heat(from_ordered, from_disordered):
    right = ob.latent_heat(from_ordered, from_disordered)
    return abs(right.value), right.error


# %% wrong="8.3" says="stand in another order"
def latent_heat(from_ordered, from_disordered):
    right = ob.latent_heat(from_ordered, from_disordered)
    return right.error, right.value


# %% wrong="8.4" says="wrote into its argument"
def two_phases(energy, shift, n_spins, cut):
    low = energy < cut
    weight = np.exp(-shift * n_spins * (energy - energy.mean()))
    share = weight[low].sum() / weight.sum()
    energy *= weight
    return share, energy[low].sum() / weight[low].sum(), energy[~low].sum() / weight[~low].sum()


# %% wrong="8.4" says="exactly on the cut is not below"
def two_phases(energy, shift, n_spins, cut):
    w, low = np.exp(-shift * n_spins * (energy - energy.mean())), energy <= cut
    return w[low].sum() / w.sum(), np.average(energy[low], weights=w[low]), np.average(energy[~low], weights=w[~low])


# %% right="8.4"
def two_phases(energy, shift, n_spins, cut):
    return np.array(ob.two_phases(energy, shift, n_spins, cut))


# %% wrong="8.5" says="Hand sampler_state back"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, self.beta * pull).astype(output_sd.dtype), None


# %% wrong="8.5" says="get those of one"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[:1, :, None] == jnp.arange(self.q)) & active[:1, :, None]).sum(1)
        return jax.random.categorical(key, self.beta * pull, shape=output_sd.shape).astype(output_sd.dtype), sampler_state


# %% wrong="8.5" says="you gave it probabilities"
class PottsSampler(AbstractConditionalSampler):
    beta: Float[Array, ""]
    q: int = eqx.field(static=True)

    def sample(self, key, interactions, active_flags, states, sampler_state, output_sd):
        pull = 0.0
        for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):
            pull += bond.coupling * ((colours[..., None] == jnp.arange(self.q)) & active[..., None]).sum(1)
        return jax.random.categorical(key, jax.nn.softmax(self.beta * pull)).astype(output_sd.dtype), sampler_state


# %% equivalent="8.1" because="the last axis is the default of jax.nn.softmax"
# return jax.nn.softmax(beta * same, axis=-1)  ->  return jax.nn.softmax(beta * same)

# %% equivalent="8.1" because="a sum of four neighbours does not depend on their order"
# beside = [jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)]  ->  beside = [jnp.roll(spins, step, axis) for axis in (1, 0) for step in (1, -1)]
# beside = [jnp.roll(spins, step, axis) for axis in (0, 1) for step in (1, -1)]  ->  beside = [jnp.roll(spins, step, axis) for axis in (0, 1) for step in (-1, 1)]

# %% equivalent="8.2" because="a mean over two axes does not depend on their order"
# shares = np.stack([(colours == k).mean(axis=(1, 2)) for k in range(q)])  ->  shares = np.stack([(colours == k).mean(axis=(2, 1)) for k in range(q)])

# %% equivalent="8.5" because="the same number added to the pull of every colour changes no probability"
# pull = jnp.zeros((*output_sd.shape, self.q))  ->  pull = jnp.ones((*output_sd.shape, self.q))

# %% equivalent="8.5" because="the three lists always have one entry for each interaction"
# for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):  ->  for bond, active, (colours,) in zip(interactions, active_flags, states):
# for bond, active, (colours,) in zip(interactions, active_flags, states, strict=True):  ->  for bond, active, (colours,) in zip(interactions, active_flags, states, strict=False):
