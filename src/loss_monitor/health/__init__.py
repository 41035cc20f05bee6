"""Health of a run: rules that say what is the matter, and the alerts that they open."""
