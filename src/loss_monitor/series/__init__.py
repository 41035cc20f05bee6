"""The run in memory: immutable leaves of whole timesteps, tags, and questions to them."""
