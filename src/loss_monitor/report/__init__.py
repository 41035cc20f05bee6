"""Runs in words and on paper: the plain sentence, and a report in one file of HTML."""
