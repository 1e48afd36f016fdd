"""The one exception that users of the command line see as a sentence.

Raised wherever input is at fault (a file, a configuration, a mesh). The text says what was wrong, where, and
what to do; the command line prints it without a traceback.
"""


class InputError(ValueError):
    """Input that cannot be used. The message names the thing, the place and the remedy."""


class NoOverlapError(InputError):
    """A sound file that has nothing in the window: fatal for a whole cube, ordinary for one block of it."""
