"""Bytes of one file format in, values and refusals out: a module per format."""
