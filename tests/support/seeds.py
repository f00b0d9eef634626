"""Random numbers that are the same in each run of a test."""

import torch


def seeded(seed: int = 0) -> torch.Generator:
    """A generator with this seed."""
    return torch.Generator().manual_seed(seed)
