"""Data as tables that other programs read: CSV and JSON, in full precision, in pieces."""
