"""Energies of pictures in a plane: slices through three pictures, and principal components."""

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import arguments


def plane(
    corners: Float[Tensor, "3 *shape"], n: int = 60, margin: float = 0.5
) -> tuple[Float[Tensor, "n n *shape"], Float[Tensor, "n n 2"], Float[Tensor, "3 2"]]:
    """Pictures on the plane through three of them.

    Args:
        corners: three pictures, not on a line.
        n: pictures in each direction.
        margin: how far the plane goes on beyond the corners, as a share of their extent.

    Returns:
        The pictures; their places in the plane, as distances; and the places of the corners.

    Raises:
        ValueError: if there are not three different pictures that span a plane.
    """
    if len(corners) != 3:
        raise ValueError(f"corners: expected three pictures, got {len(corners)}")
    origin, (right, up) = corners[0], (corners[1:] - corners[0]).flatten(1)
    right_length = right.norm()
    first = right / right_length
    second = up - (up @ first) * first
    if not (right_length > 0 and second.norm() > 1e-6 * up.norm()):
        raise ValueError("corners: expected three pictures that do not lie on a line")
    second = second / second.norm()
    places = torch.stack([torch.zeros(2), torch.stack([right_length, right.new_zeros(())]),
                          torch.stack([up @ first, up @ second])])  # fmt: skip
    low, high = places.min(0).values, places.max(0).values
    room = arguments.number("margin", margin, 0.0) * (high - low)
    axes = [
        torch.linspace(float(a), float(b), arguments.whole("n", n, 2))
        for a, b in zip(low - room, high + room, strict=True)
    ]
    grid = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1)
    shape = origin.shape
    pictures = origin + (grid[..., :1] * first + grid[..., 1:] * second).reshape(n, n, *shape)
    return pictures, grid, places


class Components:
    """The directions in which pictures differ most, two unless more are asked for.

    Args:
        images: the pictures.
        k: directions.

    Attributes:
        mean: of the pictures, as a vector.
        directions: of length 1, the one of largest variance first, shape (pixels, k).
    """

    def __init__(self, images: Float[Tensor, "n *shape"], k: int = 2) -> None:
        flat = images.flatten(1)
        self.mean = flat.mean(0)
        _, vectors = torch.linalg.eigh(torch.cov(flat.T))
        self.directions = vectors.flip(1)[:, : arguments.whole("k", k)]

    def __call__(self, images: Float[Tensor, "n *shape"]) -> Float[Tensor, "n k"]:
        """The places of pictures along the directions."""
        return (images.flatten(1) - self.mean) @ self.directions
