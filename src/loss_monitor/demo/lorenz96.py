"""The two-scale Lorenz-96 model: a small atmosphere whose fast scale is to be learned.

Enters: a seed. Leaves: states and the tendency that the fast scale puts on the slow one.
Equations: E. N. Lorenz, "Predictability: a problem partly solved" (1996), with K slow
variables X on a circle and J fast variables Y to each of them:

    dX_k/dt = -X_{k-1} (X_{k-2} - X_{k+1}) - X_k + F + U_k,   U_k = -(h c / b) sum_j Y_{j,k}
    dY_i/dt = -c b Y_{i+1} (Y_{i+2} - Y_{i-1}) - c Y_i + (h c / b) X_{k(i)}

U is what an atmosphere model would have to parameterise; the demo's network learns it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from loss_monitor.types import Floats

SLOW = 18
FAST_PER_SLOW = 10
FORCING = 20.0
COUPLING = 1.0
TIME_RATIO = 10.0
SPACE_RATIO = 10.0
STEP = 0.002
"""Model time units a Runge-Kutta step; the fast scale is unstable above about 0.005."""

State = tuple[Floats, Floats]


class Lorenz96:
    """An ensemble of independent two-scale Lorenz-96 circles.

    `slow` is float64 of shape (members, SLOW), `fast` (members, SLOW * FAST_PER_SLOW).
    """

    def __init__(self, members: int, generator: np.random.Generator) -> None:
        """Start near rest with random kicks and run until the attractor is reached."""
        self.slow: Floats = generator.normal(3.0, 4.0, (members, SLOW))
        self.fast: Floats = generator.normal(0.0, 0.2, (members, SLOW * FAST_PER_SLOW))
        self.advance(300)

    def advance(self, steps: int) -> None:
        """Move `steps` Runge-Kutta steps of fourth order forward."""
        state: State = (self.slow, self.fast)
        for _ in range(steps):
            first = _tendency(state)
            second = _tendency(_moved(state, first, STEP / 2))
            third = _tendency(_moved(state, second, STEP / 2))
            fourth = _tendency(_moved(state, third, STEP))
            state = (
                state[0] + STEP / 6 * (first[0] + 2 * second[0] + 2 * third[0] + fourth[0]),
                state[1] + STEP / 6 * (first[1] + 2 * second[1] + 2 * third[1] + fourth[1]),
            )
        self.slow, self.fast = state

    def samples(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return what the network sees and should say, both scaled to order one.

        Inputs have shape (members * SLOW, 5): X at a point and its two neighbours on each
        side. Targets have shape (members * SLOW, 1): U at that point.
        """
        neighbours = [np.roll(self.slow, shift, axis=1) for shift in (-2, -1, 0, 1, 2)]
        inputs = np.stack(neighbours, axis=-1).reshape(-1, 5) / 10.0
        targets = _coupling(self.fast).reshape(-1, 1) / 3.0
        return inputs.astype(np.float32), targets.astype(np.float32)


def _coupling(fast: Floats) -> Floats:
    scale = COUPLING * TIME_RATIO / SPACE_RATIO
    sums: Floats = fast.reshape(len(fast), SLOW, FAST_PER_SLOW).sum(axis=2)
    return -scale * sums


def _tendency(state: State) -> State:
    slow, fast = state
    slow_rate = (
        -np.roll(slow, 1, 1) * (np.roll(slow, 2, 1) - np.roll(slow, -1, 1))
        - slow
        + FORCING
        + _coupling(fast)
    )
    advection = np.roll(fast, -1, 1) * (np.roll(fast, -2, 1) - np.roll(fast, 1, 1))
    push = COUPLING * TIME_RATIO / SPACE_RATIO * np.repeat(slow, FAST_PER_SLOW, axis=1)
    fast_rate = -TIME_RATIO * SPACE_RATIO * advection - TIME_RATIO * fast + push
    return slow_rate, fast_rate


def _moved(state: State, rate: State, time: float) -> State:
    return state[0] + time * rate[0], state[1] + time * rate[1]
