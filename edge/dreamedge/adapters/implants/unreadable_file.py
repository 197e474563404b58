"""A recording that cannot be opened: one sentence for each reason, alike for every reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dreamedge.ports.implant import ImplantError


@contextmanager
def opening(path: Path, kind: str = "") -> Iterator[None]:
    """Turn errors of the operating system into an ImplantError with the step that helps.

    kind: of the file that is expected, such as `EDF`; empty: any.
    """
    try:
        yield
    except FileNotFoundError:
        raise ImplantError(f"{path} does not exist; check the path.") from None
    except IsADirectoryError:
        raise ImplantError(
            f"{path} is a directory; name one {f'{kind} file' if kind else 'file'} in it."
        ) from None
    except PermissionError:
        raise ImplantError(f"{path} may not be read by this user; change its permissions.") from None
    except OSError as error:
        raise ImplantError(f"{path} cannot be read ({error.strerror or error}); copy it again.") from None
