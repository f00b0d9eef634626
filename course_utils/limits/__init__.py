"""What can be learned, how fast, and in how many bits: exact laws of learning, and the small systems that obey them.

    spiked        hidden spins in a noisy matrix: the transition of the leading eigenvector
    perceptron    students with weights of ±1, all of them counted, and the theory of very many
    scaling       power laws: a fit with its error, regression with a known learning curve, the price of a parameter
    coding        an arithmetic coder
    information   entropy of the Ising chain, mutual information on strips, Landauer's bound

Needs NumPy and SciPy only.
"""
