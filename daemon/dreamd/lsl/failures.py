"""Why `dreamd lsl` cannot run, in one sentence with the step that helps."""


class CannotRun(Exception):  # noqa: N818 - the name says it
    """The message names what was found and what helps."""


class StreamLost(Exception):  # noqa: N818 - the name says it
    """A marker stream ended and liblsl cannot find it again; the message gives its reason."""
