"""Denoising machines: chains of Boltzmann machines that undo noise step by step.

`exact` computes the law of such a chain on ten spins or fewer, `machines` trains and runs it on THRML, `ledger` adds up
what a picture costs. Importing the package loads neither JAX nor PyTorch.
"""
