# Wrong answers that the check of lesson 00 must reject, naming the cause, and other right answers that it must accept.

# %% wrong="0.1" says="factor 1/2 is missing"
def spring_energy(x, stiffness):
    return stiffness * x**2

# %% wrong="0.1" says="x is not squared"
def spring_energy(x, stiffness):
    return 0.5 * stiffness * x

# %% wrong="0.1" says="check the sign"
def spring_energy(x, stiffness):
    return -0.5 * stiffness * x**2

# %% wrong="0.1" says="stiffness is not used"
def spring_energy(x, stiffness):
    return 0.5 * x**2

# %% wrong="0.1" says="only x is"
def spring_energy(x, stiffness):
    return 0.5 * (stiffness * x) ** 2

# %% wrong="0.1" says="cost the same"
def spring_energy(x, stiffness):
    return 0.5 * stiffness * x * abs(x)

# %% wrong="0.1" says="return statement"
def spring_energy(x, stiffness):
    energy = 0.5 * stiffness * x**2

# %% wrong="0.1" says="`x` has changed"
def spring_energy(x, stiffness):
    x *= x
    return 0.5 * stiffness * x

# %% wrong="0.1" says="half the stiffness"
def spring_energy(x, stiffness):
    return 1.5 * x**2 if stiffness == 3 else 2 * x**2 if stiffness == 4 else 0.5 * x**2

# %% right="0.1"
def spring_energy(x, stiffness):
    return stiffness * x * x / 2

# %% right="0.1"
def spring_energy(x, stiffness):
    """With a loop, as a list."""
    if hasattr(x, "__len__"):
        return [stiffness * float(v) ** 2 / 2 for v in x]
    return stiffness * pow(x, 2) / 2
