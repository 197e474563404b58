"""Why `dreamd stage` cannot run, in one sentence with the step that helps."""


class CannotRun(Exception):  # noqa: N818 - the name says it
    """The message names what was found and what helps."""
