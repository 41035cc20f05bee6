r"""Scripts and style sheets of the page as they are sent.

Enters: what is written in a file. Leaves: the same without what only its authors read.
Comments stay at home: they are a quarter of what a first load would send. Lines of a script
stay where they are, so that a browser's messages name those of the source. A template literal
must not hold a line that looks like a comment, nor run over several lines; a test holds the
page to it.
"""

from __future__ import annotations

import re

_COMMENT = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/)[\s\S])*\*/|//[^\n]*)[ \t]*$", re.MULTILINE)
"""Comments that have their lines for themselves."""
_INDENTED = re.compile(r"\n[ \t]+")
_SPACE = re.compile(r"\n\s*")
"""Of style sheets: nobody is told a line of theirs."""


def script_text(text: str) -> str:
    """Return a script without whole-line comments and indentation, line by line."""
    return _INDENTED.sub("\n", without_comments(text))


def style_text(text: str) -> str:
    """Return a style sheet without whole-line comments and white space."""
    return _SPACE.sub("\n", without_comments(text))


def without_comments(text: str) -> str:
    r"""Return a script or a style sheet with empty lines in place of whole-line comments.

    >>> without_comments("/** What\n * it is. */\nlet a; // why\n  // how\nlet b;\n")
    '\n\nlet a; // why\n\nlet b;\n'
    """
    return _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
