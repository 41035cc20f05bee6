"""A small neural network with its own training step, in numpy alone.

Enters: float32 batches. Leaves: the loss before each update, as the plugins print it.
Optimiser: D. P. Kingma and J. Ba, "Adam: a method for stochastic optimization" (2015).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_DECAY_FIRST = 0.9
_DECAY_SECOND = 0.999
_EPSILON = 1e-8


class Network:
    """Two hidden layers of `width` tanh units between 5 inputs and 1 output."""

    def __init__(self, width: int, generator: np.random.Generator) -> None:
        """Draw the first weights from `generator`."""
        sizes = (5, width, width, 1)
        self.parameters: dict[str, Array] = {}
        for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
            spread = (1.0 / inputs) ** 0.5
            weight = generator.normal(0.0, spread, (inputs, outputs))
            self.parameters[f"layer{layer}.weight"] = weight.astype(np.float32)
            self.parameters[f"layer{layer}.bias"] = np.zeros(outputs, np.float32)
        self.gradients = {name: np.zeros_like(p) for name, p in self.parameters.items()}
        self._first = {name: np.zeros_like(p) for name, p in self.parameters.items()}
        self._second = {name: np.zeros_like(p) for name, p in self.parameters.items()}
        self._updates = 0

    def train(self, inputs: Array, targets: Array, learning_rate: float) -> np.float32:
        """Make one update and return the mean squared error before it.

        `inputs` has shape (samples, 5), `targets` (samples, 1).
        """
        activations = [inputs]
        for layer in range(3):
            weight = self.parameters[f"layer{layer}.weight"]
            sums = activations[-1] @ weight + self.parameters[f"layer{layer}.bias"]
            activations.append(np.tanh(sums) if layer < 2 else sums)
        error = activations[-1] - targets
        loss: np.float32 = np.mean(error * error, dtype=np.float32)
        self._differentiate(activations, error * np.float32(2.0 / len(inputs)))
        self._update(learning_rate)
        return loss

    def _differentiate(self, activations: list[Array], outer: Array) -> None:
        for layer in (2, 1, 0):
            self.gradients[f"layer{layer}.weight"] = activations[layer].T @ outer
            self.gradients[f"layer{layer}.bias"] = outer.sum(axis=0)
            if layer:
                weight = self.parameters[f"layer{layer}.weight"]
                outer = (outer @ weight.T) * (1.0 - activations[layer] ** 2)

    def _update(self, learning_rate: float) -> None:
        self._updates += 1
        for name, gradient in self.gradients.items():
            first, second = self._first[name], self._second[name]
            first += (1 - _DECAY_FIRST) * (gradient - first)
            second += (1 - _DECAY_SECOND) * (gradient * gradient - second)
            mean = first / (1 - _DECAY_FIRST**self._updates)
            square = second / (1 - _DECAY_SECOND**self._updates)
            self.parameters[name] -= learning_rate * mean / (np.sqrt(square) + _EPSILON)
