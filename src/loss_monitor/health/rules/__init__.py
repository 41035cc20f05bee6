"""One rule a file; `health.table` lists them."""
