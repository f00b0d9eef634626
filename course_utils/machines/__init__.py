"""Boltzmann machines: spins on any graph, layers of units, exact laws beside them, and what they have to beat."""

from .digits import Digits, binary_digits
from .enumeration import Exact, ends, enumerate_graph, exact_law
from .graphs import GraphSampler, colour_groups, graph_program
from .layers import Estimate, Fit, Layered, annealed_log_z, fit, layer_program, walk
from .memory import recall
from .mixtures import BernoulliMixture, fit_mixture
from .observers import Tally
from .problems import Cut, colouring, fewest_colours, largest_cut
from .restricted import Restricted, fresh, independent, log_2cosh, moments, train
