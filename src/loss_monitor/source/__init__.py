"""Which files belong to a run, what they are, and when to look at them again."""
