"""The command line: one file per command, and a table of them in `__main__`.

Enters: words of a terminal. Leaves: an exit code. `status` and `stop` use the standard
library only, so that they work before anything is installed.
"""
