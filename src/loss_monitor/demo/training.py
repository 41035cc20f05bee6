"""The demo's training: a network learns the fast scale while the model runs.

Enters: a seed and what shall go wrong. Leaves: for each model timestep the losses of its
batches, float32, in the order of updates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from loss_monitor.demo.lorenz96 import Lorenz96
from loss_monitor.demo.network import Network

MEMBERS = 48
BATCHES = 24
WIDTH = 32
LEARNING_RATE = 3e-5
"""Small enough that the loss falls over a minute of two timesteps a second, not at once."""
MODEL_STEPS = 10

Injection = Literal["spike", "nan"]


@dataclass(slots=True)
class Trained:
    """What one timestep left behind."""

    losses: NDArray[np.float32]
    """Shape (BATCHES,); each is of data that the network had not seen."""
    learning_rate: float


class Training:
    """Model and network, one timestep at a time."""

    def __init__(self, seed: int) -> None:
        """Begin with untrained weights."""
        self._generator = np.random.default_rng(seed)
        self._model = Lorenz96(MEMBERS, self._generator)
        self.network = Network(WIDTH, self._generator)
        self._timestep = 0

    def advance(self, injection: Injection | None = None) -> Trained:
        """Run one model timestep and train on its state in batches."""
        self._timestep += 1
        self._model.advance(MODEL_STEPS)
        inputs, targets = self._model.samples()
        if injection == "spike":
            # A burst of bad observations: the loss jumps and heals by itself.
            targets = targets + self._generator.normal(0.7, 0.7, targets.shape).astype(np.float32)
        order = self._generator.permutation(len(inputs))
        rate = LEARNING_RATE * 0.999**self._timestep
        losses = [
            self.network.train(inputs[part], targets[part], rate)
            for part in np.array_split(order, BATCHES)
        ]
        trained = Trained(np.array(losses, np.float32), rate)
        if injection == "nan":
            trained.losses[BATCHES // 2 : BATCHES // 2 + 3] = np.nan
        return trained
