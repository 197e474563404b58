"""C2PA manifests in WAV, SVG and PNG: the one file that knows the library (extra `stage`).

A manifest states what a file was made of and by which program, and is signed. A file with one bit changed is
invalid for any reader of C2PA. Nothing is fetched: no time stamp is asked for, and no remote manifest.
"""

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from dreamd.render.authority import SignerKeys
from dreamd.render.permission import RenderError

MADE_OF_DATA: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/dataDrivenMedia"
"""The word of IPTC for media that were made from data."""
LABEL: Final = "io.github.dreamd.night"
"""The assertion with the facts of the night."""
KINDS: Final = {".wav": "audio/wav", ".svg": "image/svg+xml", ".png": "image/png"}
_SETTINGS: Final = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
_UNLISTED: Final = "signingCredential.untrusted"


def sign_media(source: Path, target: Path, title: str, facts: Mapping[str, object], keys: SignerKeys) -> None:
    """Write `target`: the file `source` with a manifest of these facts, read back and found valid.

    Raises:
        ImportError: the extra `stage` is not installed.
        RenderError: it cannot be signed, or the result is not valid.
        OSError: a file cannot be read or written.
    """
    import c2pa  # noqa: PLC0415 - the extra is loaded when it is asked for

    kind = KINDS[source.suffix]
    manifest = {
        "claim_generator_info": [{"name": "dreamd", "version": version("dreamd")}],
        "title": title,
        "format": kind,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": MADE_OF_DATA}]},
            },
            {"label": LABEL, "data": dict(facts)},
        ],
    }
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ED25519, keys.chain, keys.key, None)
    try:
        with (
            c2pa.Context(c2pa.Settings.from_dict(_SETTINGS)) as context,
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(manifest, context) as builder,
            source.open("rb") as plain,
            target.open("w+b") as signed,
        ):
            builder.sign(signer, kind, plain, signed)
    except c2pa.C2paError as error:
        raise RenderError(
            f"{target} cannot be signed ({error}); render it without a manifest (--plain)"
        ) from error
    state, faults = read_manifest(target)[:2]
    if state not in ("Valid", "Trusted") or set(faults) - {_UNLISTED}:
        raise RenderError(f"{target} was signed and is {state} ({', '.join(faults)}); please report it")


def read_manifest(path: Path) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Return the state of a file's manifest by C2PA, the codes of what is wrong, and the facts of the night.

    Raises:
        ImportError: the extra `stage` is not installed.
        RenderError: the file has no manifest, or it cannot be read.
        OSError: the file cannot be read.
    """
    import c2pa  # noqa: PLC0415 - as above

    try:
        with (
            c2pa.Context(c2pa.Settings.from_dict(_SETTINGS)) as context,
            path.open("rb") as file,
            c2pa.Reader(KINDS[path.suffix], file, context=context) as reader,
        ):
            told, state = json.loads(reader.json()), str(reader.get_validation_state())
    except (c2pa.C2paError, ValueError) as error:
        raise RenderError(f"{path} has no manifest that can be read ({error})") from error
    faults = tuple(one["code"] for one in told.get("validation_status", ()))
    active = told["manifests"][told["active_manifest"]]
    facts: dict[str, Any] = next((one["data"] for one in active["assertions"] if one["label"] == LABEL), {})
    return state, faults, facts
