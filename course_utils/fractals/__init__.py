"""Iteration in the complex plane, and the zeros of exact partition functions.

    mandelbrot   the smooth count, the potential, and the polynomials of z -> z² + c
    diamond      the Potts model on the diamond hierarchical lattice: its map, log Z, zeros, and what flows where
    torus        an Ising torus, exactly: how many states have how many equal pairs, and how many spins up
    roots        all zeros of a polynomial with whole coefficients
    packed       a polynomial as one whole number

Throughout, x = exp(beta) is the weight of a pair of equal spins; one of unequal spins weighs 1. A partition function is
a list of whole numbers, the k-th for k equal pairs: Z(x) is the sum of counts[k] x^k.

Needs NumPy only.
"""

from . import diamond, mandelbrot, packed, roots, torus
from .plane import Box, plane
