"""ICON ML Training Loss Monitor: a live view of neural networks trained inside ICON.

Importing the package loads nothing heavy: each room is imported where it is needed.
"""

__version__ = "0.1.0"
