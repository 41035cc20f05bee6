"""Plain mathematics: arrays in, numbers out; knows nothing of runs or files."""
