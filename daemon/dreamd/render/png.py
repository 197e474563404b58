"""SVG to PNG, by resvg: the one file that knows its library (extra `stage`)."""

from dreamd.render.permission import RenderError


def png_of(svg: str, zoom: float = 2.0) -> bytes:
    """Return the PNG of an SVG document; zoom: pixels a unit.

    Raises:
        ImportError: the extra `stage` is not installed.
        RenderError: the document cannot be drawn.
    """
    import resvg_py  # noqa: PLC0415 - the extra is loaded when it is asked for

    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=svg, zoom=zoom))
    except ValueError as error:
        raise RenderError(
            f"the picture cannot be drawn as PNG ({error}); the SVG is the same picture"
        ) from error
