"""Spin models on lattices. `exact` holds their known results and needs NumPy and SciPy only."""
