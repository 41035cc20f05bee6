"""Runs that outlive their directory: one file each, written while they run and read again."""
