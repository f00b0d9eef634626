"""Exercises on the laws of learning: a transition, an exponent with its error, an arithmetic coder, shared bits."""

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg

from course_utils.lattice import exact
from course_utils.limits import scaling

from ..checks import Task, frame
from ..checks.values import clip

__all__ = ["encode", "excess", "fit_power_law", "overlap_curve", "strip_information"]

# ------------------------------------------------------------------------------------- where learning begins


def _spiked(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hidden spins, some strengths, and noise for some trials; never as many trials as spins."""
    n, trials = int(rng.integers(5, 9)), int(rng.integers(3, 5))
    x = np.where(rng.permutation(n) < rng.integers(2, n - 1), 1, -1)
    return x, np.sort(rng.uniform(0.2, 3.0, rng.integers(2, 5))), rng.standard_normal((trials, n, n))


def _symmetric(noise: np.ndarray) -> np.ndarray:
    return (noise + noise.swapaxes(1, 2)) / math.sqrt(2 * noise.shape[-1])


def _spike(x: np.ndarray, strength: float) -> np.ndarray:
    return strength * np.multiply.outer(x, x) / len(x)


def _leading(y: np.ndarray) -> np.ndarray:
    return scipy.linalg.eigh(y, subset_by_index=[len(y) - 1, len(y) - 1])[1][:, 0]


def _squared(v: np.ndarray, x: np.ndarray) -> float:
    return float(v @ x) ** 2 / len(x)


def _mean_error(q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return q.mean(1), np.sqrt(q.var(1, ddof=1) / q.shape[1])


def _curve(
    matrix: Callable[..., Any] = lambda x, s, w: _spike(x, s) + w,
    w: Callable[[np.ndarray], np.ndarray] = _symmetric,
    vector: Callable[[np.ndarray], np.ndarray] = _leading,
    overlap: Callable[[np.ndarray, np.ndarray], float] = _squared,
    result: Callable[[np.ndarray], Any] = _mean_error,
) -> Callable[..., Any]:
    """The curve, with one of its parts exchanged."""

    def answer(x, strengths, noise):
        x, noise = np.asarray(x, float), np.asarray(noise)
        q = [[overlap(vector(matrix(x, s, one)), x) for one in w(noise)] for s in np.asarray(strengths).tolist()]
        return result(np.array(q))

    return answer


def _number(k: int) -> Callable[[np.ndarray], np.ndarray]:
    """The k-th eigenvector of `np.linalg.eigh`, which reads the lower half of a matrix only."""
    return lambda y: np.linalg.eigh(y)[1][:, k]


def _scaled(divide: Callable[[int], float]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda noise: (noise + noise.swapaxes(1, 2)) / divide(noise.shape[-1])


def _of_curve(change: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    """A mistake in what is made of the overlaps, shape (strengths, trials)."""
    return _curve(result=change)


overlap_curve = Task(
    reference=_curve(),
    draw=_spiked,
    outputs=("the mean overlap", "its error"),
    rtol=1e-6,
    question={
        "the mean overlap": "Is it the mean over the trials of (v · x)² / n, with v the last column of eigh's vectors?",
        "its error": "Is it the standard deviation over the trials (ddof=1), over the root of their number?",
    },
    mistakes={
        "These are overlaps without the square: (v · x)² / n": _curve(overlap=lambda v, x: abs(v @ x) / len(x) ** 0.5),
        "Square first, then take the mean: the sign of an eigenvector is open": lambda x, s, noise: {
            "the mean overlap": _curve(overlap=lambda v, x: v @ x / len(x) ** 0.5)(x, s, noise)[0] ** 2},
        "v has the length 1: divide (v · x)² by n, so that parallel means 1":
            _curve(overlap=lambda v, x: _squared(v, x) * len(x)),
        "Divide by n once: v has the length 1 already": _curve(overlap=lambda v, x: _squared(v, x) / len(x)),
        "eigh sorts from small to large: this is the eigenvector of the smallest eigenvalue":
            _curve(vector=_number(0)),
        "This is the eigenvector of the second largest eigenvalue: take the last one": _curve(vector=_number(-2)),
        "Eigenvectors are the columns; this is the last row: vectors[:, :, -1]":
            _curve(vector=lambda y: np.linalg.eigh(y)[1][-1]),
        "W is not symmetric: add the transpose of each square":
            _curve(w=lambda z: z / math.sqrt(z.shape[-1]), vector=_number(-1)),
        "W is not symmetric, and too large: add the transpose, and divide by √(2n)":
            _curve(w=lambda z: z, vector=_number(-1)),
        "W is not symmetric: add the transpose of each square before you divide by √(2n)":
            _curve(w=lambda z: z / math.sqrt(2 * z.shape[-1]), vector=_number(-1)),
        "The sum of a square and its transpose has the variance 2: divide by √(2n), not by √n":
            _curve(w=_scaled(lambda n: math.sqrt(n))),
        "The variance is to be 1/n: divide by √(2n), not by 2n": _curve(w=_scaled(lambda n: 2 * n)),
        "Half of the sum has the variance 1/2: divide the sum by √(2n), not by 2√n":
            _curve(w=_scaled(lambda n: 2 * math.sqrt(n))),
        "Divide the sum by √(2n); this is n": _curve(w=_scaled(lambda n: n)),
        "The noise is not divided by √(2n)": _curve(w=_scaled(lambda n: 1)),
        "Divide by the root of 2n: only the 2 is there": _curve(w=_scaled(lambda n: math.sqrt(2))),
        "A square minus its transpose is antisymmetric: add it":
            _curve(w=lambda z: (z - z.swapaxes(1, 2)) / math.sqrt(2 * z.shape[-1]), vector=_number(-1)),
        "The picture enters as λ x xᵀ / n: the division by n is missing":
            _curve(lambda x, s, w: len(x) * _spike(x, s) + w),
        "The picture enters as λ x xᵀ / n, not over √n": _curve(lambda x, s, w: len(x) ** 0.5 * _spike(x, s) + w),
        "The noise is missing": _curve(lambda x, s, w: _spike(x, s) + 0 * w),
        "λ x xᵀ / n is added, not subtracted": _curve(lambda x, s, w: w - _spike(x, s)),
        "The strength λ multiplies x xᵀ / n alone: with all of Y, or with nothing, the eigenvector is that of λ = 1":
            _curve(lambda x, s, w: _spike(x, 1.0) + w),
        "The strength λ stands with x xᵀ / n, not with the noise": _curve(lambda x, s, w: _spike(x, 1.0) + s * w),
        "The strength stands with x xᵀ / n as it is, not squared": _curve(lambda x, s, w: _spike(x, s * s) + w),
        "The strength stands with x xᵀ / n as it is, not its root": _curve(lambda x, s, w: _spike(x, s**0.5) + w),
        "Only the first trial counts: take the mean over all": _of_curve(
            lambda q: {"the mean overlap": q[:, 0]}),
        "This is the sum over the trials; take the mean": _of_curve(lambda q: {"the mean overlap": q.sum(1)}),
        "This is the median of the trials; take the mean": _of_curve(lambda q: {"the mean overlap": np.median(q, 1)}),
        "The mean is over the trials, one value for each strength; this is over the strengths":
            _of_curve(lambda q: (q.mean(0), q.std(0, ddof=1) / math.sqrt(len(q)))),
        "Return a value for each strength; this is one for all":
            _of_curve(lambda q: {"the mean overlap": q.mean()}),
        "Return the means; these are the overlaps of all trials": _of_curve(lambda q: {"the mean overlap": q}),
        "With `ddof=1` the standard deviation of few numbers is right": _of_curve(
            lambda q: {"its error": q.std(1) / math.sqrt(q.shape[1])}),
        "This is the spread of one trial; the error of a mean is smaller by the root of their number": _of_curve(
            lambda q: {"its error": q.std(1, ddof=1)}),
        "This is the spread of one trial, and without ddof=1; divide by the root of the number of trials": _of_curve(
            lambda q: {"its error": q.std(1)}),
        "Divide the standard deviation by the root of the number of trials, not by the number": _of_curve(
            lambda q: {"its error": q.std(1, ddof=1) / q.shape[1]}),
        "This is the variance; the error is its root over √trials": _of_curve(
            lambda q: {"its error": q.var(1, ddof=1) / q.shape[1]}),
        "Divide the standard deviation, not the variance, by the root of the number of trials": _of_curve(
            lambda q: {"its error": q.var(1, ddof=1) / math.sqrt(q.shape[1])}),
        "Divide by the root of the number of trials, not of spins": lambda x, s, noise: {
            "its error": _curve()(x, s, noise)[1] * math.sqrt(len(noise) / len(x))},
        "Divide by the root of the number of trials, not of strengths": lambda x, s, noise: {
            "its error": _curve()(x, s, noise)[1] * math.sqrt(len(noise) / len(s))},
        "ddof=1 is in the standard deviation already; divide by the root of the number of trials": _of_curve(
            lambda q: {"its error": q.std(1, ddof=1) / math.sqrt(q.shape[1] - 1)}),
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------------ an exponent


def _measured(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three to seven points near a power law, with errors of different size, in any order."""
    k = int(rng.integers(3, 8))
    n = np.round(np.exp(rng.uniform(1, 6, k)))
    n = np.unique(n) if len(np.unique(n)) > 2 else np.array([5.0, 20.0, 60.0])
    n = rng.permutation(n)
    loss = rng.uniform(0.5, 4) * n ** -rng.uniform(0.2, 1.4) * np.exp(0.1 * rng.standard_normal(len(n)))
    return n, loss, loss * rng.uniform(0.02, 0.2, len(n))


def _line(
    x: np.ndarray, y: np.ndarray, sigma: np.ndarray, degrees: Callable[[int], int] = lambda k: k - 2
) -> tuple[float, float, float]:
    """The fit by the normal equations."""
    design = np.stack([np.ones(len(x)), x], axis=1)
    normal = design.T @ (design / sigma[:, None] ** 2)
    (_, slope), covariance = np.linalg.solve(normal, design.T @ (y / sigma**2)), np.linalg.inv(normal)
    intercept = np.linalg.solve(normal, design.T @ (y / sigma**2))[0]
    chi2 = float((((y - intercept - slope * x) / sigma) ** 2).sum()) / degrees(len(x))
    return -float(slope), math.sqrt(covariance[1, 1]), chi2


_NAMES = ("the exponent", "its error", "χ²")


def _fit(
    x: Callable[..., Any] = lambda n, loss, error: np.log(n),
    y: Callable[..., Any] = lambda n, loss, error: np.log(loss),
    sigma: Callable[..., Any] = lambda n, loss, error: error / loss,
) -> Callable[..., Any]:
    """The fit, with one of its parts exchanged."""

    def answer(n, loss, error):
        n, loss, error = (np.asarray(a, float) for a in (n, loss, error))
        return dict(zip(_NAMES, _line(x(n, loss, error), y(n, loss, error), sigma(n, loss, error)), strict=True))

    return answer


def _logs(n: Any, loss: Any, error: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n, loss, error = (np.asarray(a, float) for a in (n, loss, error))
    return np.log(n), np.log(loss), error / loss


def _only(k: int, change: Callable[..., Any]) -> Callable[..., Any]:
    """A mistake in one of the three values: change(x, y, σ, the three right values) gives it."""

    def answer(n, loss, error):
        logs = _logs(n, loss, error)
        return {_NAMES[k]: change(*logs, *_line(*logs))}

    return answer


def _off(x: np.ndarray, y: np.ndarray, s: np.ndarray, slope: float, weighted: bool = True) -> np.ndarray:
    """Distances from a line of this slope through the mean of the points."""
    w = 1 / s**2 if weighted else np.ones(len(x))
    return y - np.average(y, weights=w) - slope * (x - np.average(x, weights=w))


def _scatter(off: np.ndarray) -> float:
    return float((off**2).sum()) / (len(off) - 2)


def _plain_slope(x: np.ndarray, y: np.ndarray, s: np.ndarray) -> tuple[float, float, float]:
    """Weights in the sums, but means without."""
    w, u, v = 1 / s**2, x - x.mean(), y - y.mean()
    spread = (w * u**2).sum()
    slope = (w * u * v).sum() / spread
    return -slope, spread**-0.5, (((v - slope * u) / s) ** 2).sum() / (len(x) - 2)


fit_power_law = Task(
    reference=lambda n, loss, error: _line(*_logs(n, loss, error)),
    draw=_measured,
    outputs=_NAMES,
    rtol=1e-5,
    atol=1e-9,
    question={
        "the exponent": "Is it minus the slope of log loss against log n, with weights (loss / error)² in all sums?",
        "its error": "Is it 1/√S, with S the weighted sum of (x - x̄)²?",
        "χ²": "Is it the sum of ((y - line) / σ)² over the number of points less 2?",
    },
    mistakes={
        "γ is positive where the loss falls: it is minus the slope": lambda n, loss, error: {
            "the exponent": -_line(*_logs(n, loss, error))[0]},
        "A power law is a straight line in log n *and* log loss: the log of n is missing": _fit(x=lambda n, y, e: n),
        "A power law is a straight line in log n *and* log loss: the log of the loss is missing":
            _fit(y=lambda n, y, e: y),
        "A power law is a straight line in the logarithms; both are missing":
            _fit(x=lambda n, y, e: n, y=lambda n, y, e: y),
        "A power law is a straight line in the logarithms; both are missing (and σ is then that of the loss)":
            _fit(x=lambda n, y, e: n, y=lambda n, y, e: y, sigma=lambda n, y, e: e),
        "x and y are exchanged: n is what you chose, the loss what you measured":
            _fit(x=lambda n, y, e: np.log(y), y=lambda n, y, e: np.log(n)),
        "All points count alike: the weights 1/σ² are missing": _fit(sigma=lambda n, y, e: np.ones(len(n))),
        "The error of log y is that of y over y: σ = error / loss": _fit(sigma=lambda n, y, e: e),
        "The error of log y is error / loss, not their product": _fit(sigma=lambda n, y, e: e * y),
        "The error of log y is not the log of the error, but error / loss":
            _fit(sigma=lambda n, y, e: np.abs(np.log(e))),
        "The weight is 1/σ², not 1/σ": _fit(sigma=lambda n, y, e: np.sqrt(e / y)),
        "The weight is 1/σ², and σ = error / loss: one of them is upside down": _fit(sigma=lambda n, y, e: y / e),
        "The weight is 1/σ², not σ": _fit(sigma=lambda n, y, e: np.sqrt(y / e)),
        "The relative error is the error over the loss, not over n": _fit(sigma=lambda n, y, e: e / n),
        "Logarithms are natural: with those to the base 10 or 2, σ is another one":
            lambda n, loss, error: dict(zip(
                _NAMES, _line(np.log10(n), np.log10(loss), np.asarray(error) / np.asarray(loss)), strict=True)),
        "The means of x and y are weighted too": lambda n, loss, error: dict(zip(
            _NAMES, _plain_slope(*_logs(n, loss, error)), strict=True)),
        "The exponents of the first and the last point alone decide here; use all points": _only(
            0, lambda x, y, s, g, e, c: -(y[-1] - y[0]) / (x[-1] - x[0])),
        "The line need not go through 0: subtract the means first": _only(
            0, lambda x, y, s, g, e, c: -(x * y / s**2).sum() / (x * x / s**2).sum()),
        "Subtract the mean of x in both sums": _only(0, lambda x, y, s, g, e, c:
            -((x - np.average(x, weights=1 / s**2)) * y / s**2).sum() / (x * x / s**2).sum()),
        "Divide by S": _only(0, lambda x, y, s, g, e, c: g / e**2),
        "The error of the slope is 1/√S; the root is missing": _only(1, lambda x, y, s, g, e, c: e**2),
        "The error of the slope is 1/√S, not √S": _only(1, lambda x, y, s, g, e, c: 1 / e),
        "The error of the slope is 1/√S, not S": _only(1, lambda x, y, s, g, e, c: 1 / e**2),
        "The errors are known here: do not rescale by χ²": _only(1, lambda x, y, s, g, e, c: e * math.sqrt(c)),
        "This is the error of the height of the line, 1/√(sum of the weights)": _only(
            1, lambda x, y, s, g, e, c: (1 / s**2).sum() ** -0.5),
        "An error is positive, also where the slope is not": _only(1, lambda x, y, s, g, e, c: -e),
        "S is a weighted sum, not a weighted mean": _only(
            1, lambda x, y, s, g, e, c: e * math.sqrt((1 / s**2).sum())),
        "The error of the mean of all points needs no further root of their number": _only(
            1, lambda x, y, s, g, e, c: e / math.sqrt(len(x))),
        "χ² is divided by the number of points less two": _only(2, lambda x, y, s, g, e, c: c * (len(x) - 2)),
        "Two points are used up by the line: divide by k - 2, not by k": _only(
            2, lambda x, y, s, g, e, c: c * (len(x) - 2) / len(x)),
        "Two points are used up by the line: divide by k - 2, not by k - 1": _only(
            2, lambda x, y, s, g, e, c: c * (len(x) - 2) / (len(x) - 1)),
        "χ² divides by k - 2, not by k + 2": _only(
            2, lambda x, y, s, g, e, c: c * (len(x) - 2) / (len(x) + 2)),
        "The distances are in units of σ: divide by it before you square": _only(
            2, lambda x, y, s, g, e, c: (_off(x, y, s, -g) ** 2).sum() / (len(x) - 2)),
        "The distances are divided by σ and then squared: that is 1/σ², not 1/σ": _only(
            2, lambda x, y, s, g, e, c: (_off(x, y, s, -g) ** 2 / s).sum() / (len(x) - 2)),
        "Distances above and below the line cancel: square them": _only(
            2, lambda x, y, s, g, e, c: (_off(x, y, s, -g) / s).sum() / (len(x) - 2)),
        "χ² adds up squares, not absolute values": _only(
            2, lambda x, y, s, g, e, c: np.abs(_off(x, y, s, -g) / s).sum() / (len(x) - 2)),
        "χ² is a sum of squares over k - 2, not its root": _only(2, lambda x, y, s, g, e, c: math.sqrt(c)),
        "Measure distances from the line, with its slope (minus the exponent)": _only(
            2, lambda x, y, s, g, e, c: ((_off(x, y, s, g) / s) ** 2).sum() / (len(x) - 2)),
        "Measure distances from the line, not from the mean": _only(
            2, lambda x, y, s, g, e, c: ((_off(x, y, s, 0.0) / s) ** 2).sum() / (len(x) - 2)),
        "The line goes through the weighted means, not through the plain ones": _only(
            2, lambda x, y, s, g, e, c: ((_off(x, y, s, -g, weighted=False) / s) ** 2).sum() / (len(x) - 2)),
        "χ² compares distances and errors of the logarithm: σ is error / loss, not the error": lambda n, loss, error: {
            "χ²": _scatter(_off(*_logs(n, loss, error), -_line(*_logs(n, loss, error))[0]) / error)},
    },
)  # fmt: skip

# ------------------------------------------------------------------------------------------------------ a coder

_BYTES, _TOP = 6, 2**48 - 1


def _coded(
    spins: Any, p_up: Any, *, shift: Callable[[int, int], tuple[int, int]] | None = None, once: bool = False,
    cut: Callable[[int, int, float], int] = lambda low, high, p: low + int((high - low) * p), rest: int = 1,
    last: Callable[[int, int], bytes] = lambda low, high: low.to_bytes(_BYTES, "big"), turned: bool = False,
) -> bytes:  # fmt: skip
    """An arithmetic coder on digits of the base 256, with one of its parts exchanged."""
    low, high, sent = 0, _TOP, b""
    for spin, p in zip(np.asarray(spins).tolist(), np.asarray(p_up).tolist(), strict=True):
        middle = cut(low, high, p)
        low, high = (low, middle) if (spin > 0) != turned else (middle + rest, high)
        while low.to_bytes(_BYTES, "big")[0] == high.to_bytes(_BYTES, "big")[0]:
            if len(sent) > 8 * len(spins) + _BYTES:
                raise OverflowError("low and high are equal for ever")
            sent += low.to_bytes(_BYTES, "big")[:1]
            low, high = shift(low, high) if shift else (256 * low % 2**48, (256 * high + 255) % 2**48)
            if once:
                break
    return sent + last(low, high)


def _told(code: bytes, p_up: np.ndarray) -> np.ndarray:
    """The spins that a decoder makes of the bytes."""
    code = code + bytes(_BYTES)
    place, value, low, high, spins = _BYTES, int.from_bytes(code[:_BYTES], "big"), 0, _TOP, []
    for p in np.asarray(p_up).tolist():
        middle = low + int((high - low) * p)
        spins.append(1 if value <= middle else -1)
        low, high = (low, middle) if value <= middle else (middle + 1, high)
        while low // 2**40 == high // 2**40:
            low, high = low * 256 % 2**48, high * 256 % 2**48 + 255
            value = value * 256 % 2**48 + (code[place] if place < len(code) else 0)
            place += 1
    return np.array(spins)


def _message(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Up to some hundred spins under a model that is right or badly wrong."""
    n = int(rng.integers(30, 300))
    p = np.where(rng.random(n) < 0.1, rng.choice([1e-6, 1 - 1e-6], n), rng.uniform(0.02, 0.98, n))
    return np.where(rng.random(n) < (p if rng.random() < 0.4 else 0.5), 1, -1), p


STEPS = 400
"""Lines of code for each spin before a loop is taken for endless."""


def _with_patience(encoder: Callable[..., Any], spins: np.ndarray, p_up: np.ndarray) -> Any:
    """What a learner's coder returns, unless it loops for ever, as it does once low and high are equal."""
    left, before = STEPS * (len(spins) + 20), sys.gettrace()

    def count(frame_of_code, event, argument):
        nonlocal left
        left -= event == "line"
        if left < 0:
            raise _Endless
        return count

    try:
        sys.settrace(count)
        return encoder(spins, p_up)
    except _Endless:
        sys.settrace(before)
        hint = "Do low and high become equal? On the right low is filled with zeros, high with ones (| 255)"
        return frame.fail("your loop does not end", hint)
    except (OverflowError, ValueError) as error:
        if str(error) not in _TOO_LARGE:
            raise
        hint = "Send `low >> 40`, then drop that byte from low and high: `& top`"
        return frame.fail("a number is too large for its bytes", hint)
    finally:
        sys.settrace(before)


_TOO_LARGE = ("int too big to convert", "bytes must be in range(0, 256)", "byte must be in range(0, 256)")
"""What Python says of a number that does not fit into bytes."""


class _Endless(BaseException):
    """Out of a loop without an end; no `except Exception` of a learner's catches it."""


def _as_bytes(returned: Any) -> bytes:
    if not isinstance(returned, bytes | bytearray):
        hint = "Return bytes(sent) + low.to_bytes(6, 'big')."
        frame.fail(f"your function returned {clip(returned)}, not bytes", hint)
    return bytes(returned)


def _seen(returned: Any, spins: np.ndarray, p_up: np.ndarray) -> tuple[np.ndarray, int]:
    """What the decoder reads, and by how many bytes the code is longer than it need be."""
    code = _as_bytes(returned)
    return _told(code, p_up), max(0, len(code) - len(_coded(spins, p_up)))


encode = Task(
    reference=_coded,
    draw=_message,
    outputs=("the spins that the decoder reads", "bytes too many"),
    view=_seen,
    call=_with_patience,
    question={
        "the spins that the decoder reads":
            "Does +1 keep low to cut, -1 cut + 1 to high, and does low move on with zeros, high with ones?",
        "bytes too many": "The code is longer than need be: is a byte sent once, when both first bytes agree?",
    },
    mistakes={
        "+1 keeps the lower part, low to cut": lambda s, p: _coded(s, p, turned=True),
        "The lower part belongs to +1: its share is p, not 1 - p":
            lambda s, p: _coded(s, 1 - np.asarray(p)),
        "The rest begins at cut + 1; cut itself belongs to +1": lambda s, p: _coded(s, p, rest=0),
        "The cut is measured from low": lambda s, p: _coded(s, p, cut=lambda low, high, p: int((high - low) * p)),
        "`if` sends one byte; two may be settled at once: use `while`": lambda s, p: _coded(s, p, once=True),
        "The last six bytes are missing, or not all of them": lambda s, p: _coded(s, p, last=lambda low, high: b""),
        "Only one of the last six bytes is there": lambda s, p: _coded(s, p, last=lambda low, high: bytes([low >> 40])),
        "`big` means that the first byte comes first; yours are in the opposite order": lambda s, p: _coded(
            s, p, last=lambda low, high: low.to_bytes(6, "little")),
        "p_up is not used": lambda s, p: _coded(s, np.full(len(p), 0.5)),
        "Nothing is sent while the spins come": lambda s, p: _coded(s, p)[-6:],
        "The first spin is missing": lambda s, p: _coded(s[1:], p[1:]),
        "The last spin is missing": lambda s, p: _coded(s[:-1], p[:-1]),
        "The model of one spin is used for all": lambda s, p: _coded(s, np.full(len(p), p[0])),
    },
)  # fmt: skip

# ----------------------------------------------------------------------------------------- what a parameter costs


def _family(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features of some states, a truth outside their family, and shares of data; never as many sizes as sets."""
    states, sizes = int(rng.integers(8, 15)), int(rng.integers(2, 4))
    truth = rng.dirichlet(np.full(states, 2.0))
    sets, data = int(rng.integers(4, 7)), np.sort(rng.integers(80, 400, sizes))
    shares = np.array([rng.multinomial(n, truth, sets) / n for n in data])
    return rng.standard_normal((states, int(rng.integers(1, 4)))), truth, shares


def _divergence(p: np.ndarray, log_q: np.ndarray) -> float:
    return float(sum(a * (math.log(a) - b) for a, b in zip(p.tolist(), log_q.tolist(), strict=True) if a > 0))


def _cost(
    cost: Callable[..., float] = lambda p, best, fit, share: _divergence(p, fit) - _divergence(p, best),
    result: Callable[[np.ndarray], Any] = _mean_error,
    ideal: Callable[[np.ndarray, np.ndarray], np.ndarray] = lambda truth, shares: truth,
) -> Callable[..., Any]:
    """The excess of every data set, with one of its parts exchanged."""

    def answer(features, truth, shares):
        truth, shares, family = np.asarray(truth), np.asarray(shares), scaling.ExponentialFamily(np.asarray(features))
        best = family.log_prob(family.fit(ideal(truth, shares)))
        return result(np.array([[cost(truth, best, family.log_prob(family.fit(p)), p) for p in row] for row in shares]))

    return answer


def _of_costs(change: Callable[[np.ndarray], Any]) -> Callable[..., Any]:
    """A mistake in what is made of the costs, shape (sizes, sets)."""
    return _cost(result=change)


excess = Task(
    reference=_cost(),
    draw=_family,
    outputs=("the mean excess", "its error"),
    rtol=1e-5,
    atol=1e-9,
    question={
        "the mean excess": "Is it the mean over the data sets of Σ truth (log best - log fit)?",
        "its error": "Is it the standard deviation over the data sets (ddof=1), over the root of their number?",
    },
    mistakes={
        "This is KL(truth ‖ fit) alone: subtract KL(truth ‖ best), which no amount of data removes":
            _cost(lambda p, best, fit, share: _divergence(p, fit)),
        "This is KL(truth ‖ best) alone: how much worse is the fit?":
            _cost(lambda p, best, fit, share: _divergence(p, best)),
        "The excess is positive, as the fit is worse than the best: the sign is turned":
            _cost(lambda p, best, fit, share: float(p @ (fit - best))),
        "The mean is over the truth, not over the data that the fit has seen":
            _cost(lambda p, best, fit, share: float(share @ (best - fit))),
        "KL(truth ‖ fit) is a mean over the truth; yours is KL(fit ‖ truth)": _cost(
            lambda p, best, fit, share: float(np.exp(fit) @ (fit - np.log(p)) - np.exp(best) @ (best - np.log(p)))),
        "These are bits; a nat is 1 / log 2 of them":
            _cost(lambda p, best, fit, share: float(p @ (best - fit)) / math.log(2)),
        "`log_prob` gives logarithms already, and it is these that are compared":
            _cost(lambda p, best, fit, share: float(p @ (np.exp(best) - np.exp(fit)))),
        "The states count by their probability under the truth, not all alike":
            _cost(lambda p, best, fit, share: float((best - fit).mean())),
        "The states count by their probability under the truth; this is the plain sum":
            _cost(lambda p, best, fit, share: float((best - fit).sum())),
        "The differences have signs, and they stay": _cost(lambda p, best, fit, share: float(p @ np.abs(best - fit))),
        "A divergence is a mean of differences, not of their squares":
            _cost(lambda p, best, fit, share: float(p @ (best - fit) ** 2)),
        "This is a ratio of the two divergences; take the difference":
            _cost(lambda p, best, fit, share: _divergence(p, fit) / _divergence(p, best)),
        "This is the sum of the two divergences; take the difference":
            _cost(lambda p, best, fit, share: _divergence(p, fit) + _divergence(p, best)),
        "*best* is the fit to the truth, not to the data": _cost(ideal=lambda truth, shares: shares.mean((0, 1))),
        "*best* is the fit to the truth, not to the first data set": _cost(ideal=lambda truth, shares: shares[0, 0]),
        "Only the first data set counts: take the mean over all": _of_costs(lambda c: {"the mean excess": c[:, 0]}),
        "This is the sum over the data sets; take the mean": _of_costs(lambda c: {"the mean excess": c.sum(1)}),
        "This is the median of the data sets; take the mean": _of_costs(
            lambda c: {"the mean excess": np.median(c, 1)}),
        "The mean is over the data sets, one value for each size; this is over the sizes": _of_costs(
            lambda c: (c.mean(0), c.std(0, ddof=1) / math.sqrt(len(c)))),
        "Return a value for each size; this is one for all": _of_costs(lambda c: {"the mean excess": c.mean()}),
        "Return the means; these are the costs of all data sets": _of_costs(lambda c: {"the mean excess": c}),
        "With `ddof=1` the standard deviation of few numbers is right": _of_costs(
            lambda c: {"its error": c.std(1) / math.sqrt(c.shape[1])}),
        "This is the spread of one data set; the error of a mean is smaller by the root of their number": _of_costs(
            lambda c: {"its error": c.std(1, ddof=1)}),
        "This is the spread of one data set, and without ddof=1; divide by the root of their number": _of_costs(
            lambda c: {"its error": c.std(1)}),
        "Divide the standard deviation by the root of the number of data sets, not by the number": _of_costs(
            lambda c: {"its error": c.std(1, ddof=1) / c.shape[1]}),
        "This is the variance; the error is its root over the root of the number of data sets": _of_costs(
            lambda c: {"its error": c.var(1, ddof=1) / c.shape[1]}),
        "Divide the standard deviation, not the variance, by the root of the number of data sets": _of_costs(
            lambda c: {"its error": c.var(1, ddof=1) / math.sqrt(c.shape[1])}),
        "Divide by the root of the number of data sets, not of sizes": _of_costs(
            lambda c: {"its error": c.std(1, ddof=1) / math.sqrt(len(c))}),
        "ddof=1 is in the standard deviation already; divide by the root of the number of data sets": _of_costs(
            lambda c: {"its error": c.std(1, ddof=1) / math.sqrt(c.shape[1] - 1)}),
    },
)  # fmt: skip

# --------------------------------------------------------------------------------------- what one half knows


def _strip(rng: np.random.Generator) -> tuple[int, float]:
    return int(rng.integers(2, 6)), float(rng.uniform(0.15, 0.7))


def _joint(
    width: int, beta: float, *, own: float = 0.5, periodic: bool = True, between: float = 1.0, vector: int = -1,
    sign: float = 1.0, end: Callable[..., np.ndarray] | None = None,
) -> np.ndarray:  # fmt: skip
    """p(row, next row) by a dense eigenvalue solver, with one of its parts exchanged."""
    rows = exact.ising_states(width).astype(float)
    row = exact.ising_energies((width,), periodic).astype(float)
    m = np.exp(sign * beta * (between * rows @ rows.T - own * (row[:, None] + row[None, :])))
    phi = scipy.linalg.eigh((m + m.T) / 2)[1][:, vector]
    joint = end(phi, m) if end else np.outer(phi, phi) * m
    return joint / joint.sum()


def _bits(joint: np.ndarray, base: float = 2.0) -> float:
    def entropy(p):
        return -float((p[p > 0] * np.log(p[p > 0])).sum()) / math.log(base)

    return entropy(joint.sum(0)) + entropy(joint.sum(1)) - entropy(joint)


def _entropy_of(p: np.ndarray) -> float:
    return -float((p * np.log2(p)).sum())


strip_information = Task(
    reference=lambda width, beta: _bits(_joint(width, beta)),
    draw=_strip,
    name="the mutual information",
    rtol=1e-6,
    atol=1e-9,
    question="Is it Σ p log2 [p / (p(row) p(next row))], with p = φ M φ', M with half of each row's own energy?",
    mistakes={
        "These are nats; a bit is log 2 of them": lambda w, b: _bits(_joint(w, b), math.e),
        "The energy within a row counts in full twice here: take half of each row's own":
            lambda w, b: _bits(_joint(w, b, own=1.0)),
        "The energy within the rows is missing": lambda w, b: _bits(_joint(w, b, own=0.0)),
        "Within a row the last spin is a neighbour of the first": lambda w, b: _bits(_joint(w, b, periodic=False)),
        "The bonds between the rows count in full": lambda w, b: _bits(_joint(w, b, between=0.5)),
        "Equal neighbours have the low energy: check the signs in the exponent":
            lambda w, b: _bits(_joint(w, b, sign=-1.0)),
        "β is missing": lambda w, b: _bits(_joint(w, 1.0)),
        "Multiply by β, do not divide": lambda w, b: _bits(_joint(w, 1 / b)),
        "φ is missing: the rows before and after count too":
            lambda w, b: _bits(_joint(w, b, end=lambda phi, m: m)),
        "φ stands on both sides, for what lies beyond either row":
            lambda w, b: _bits(_joint(w, b, end=lambda phi, m: phi[:, None] * m * np.sign(phi[0]))),
        "φ stands once for each row, not squared": lambda w, b: _bits(
            _joint(w, b, end=lambda phi, m: np.outer(phi**2, phi**2) * m)),
        "This is the entropy of a row; what the next row does not tell of it is to be subtracted":
            lambda w, b: _entropy_of(_joint(w, b).sum(0)),
        "This is the entropy of both rows together": lambda w, b: _entropy_of(_joint(w, b)),
        "This is the entropy of a row when its neighbour is known":
            lambda w, b: _entropy_of(_joint(w, b)) - _entropy_of(_joint(w, b).sum(0)),
        "The sign is wrong: nobody knows less than nothing": lambda w, b: -_bits(_joint(w, b)),
        "This is per spin of the row": lambda w, b: _bits(_joint(w, b)) / w,
        "The logarithms are averaged with the weights p(row, next row)": lambda w, b: float(np.log2(
            _joint(w, b) / np.outer(_joint(w, b).sum(1), _joint(w, b).sum(0))).sum()),
        "This is the mean of log p(row, next row) over p(row): one of the two marginals is missing":
            lambda w, b: _entropy_of(_joint(w, b).sum(0)) - _entropy_of(_joint(w, b)),
    },
)  # fmt: skip
