"""New bytes of files that grow, and whole lines of them."""
