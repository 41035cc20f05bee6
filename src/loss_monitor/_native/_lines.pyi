"""Lines of a text."""

def count_newlines(text: bytes) -> int:
    """Return how many newlines `text` holds; the interpreter is free meanwhile."""
