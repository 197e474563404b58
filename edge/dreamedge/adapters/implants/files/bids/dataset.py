"""The files of a BIDS dataset: its EEG recordings, and the sidecars that apply to each.

A recording is `sub-LABEL[_KEY-LABEL...]_eeg.ENDING` in `sub-LABEL/[ses-LABEL/]eeg`. By the inheritance
principle a sidecar applies to a recording if its suffix is the wanted one, if it names no entity that the
recording's name lacks or has with another label, and if it lies beside the recording or in a folder above it,
up to the dataset's. Of several in one folder the one with the recording's own entities applies; without it
none does. A link is not followed to its target's folder, because git-annex keeps the contents elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files.bids.sidecar_files import Faults
from dreamedge.ports.implant import ImplantError

ENDINGS: Final = (".edf", ".bdf", ".vhdr", ".set", ".fif")
"""The endings of recordings that are read."""
OF_EDF: Final = (".edf", ".bdf")
_HEADERS: Final = {".eeg": ".vhdr", ".vmrk": ".vhdr", ".fdt": ".set"}
"""The endings of files that belong to a recording, with the ending of its header."""
_SUFFIX: Final = "eeg"
_ENTITY: Final = re.compile(r"([A-Za-z]+)-([A-Za-z0-9+]+)")
_INSIDE: Final = re.compile(r"(sub|ses)-[A-Za-z0-9+]+|eeg")
_FOLDERS: Final = ("", "eeg/", "ses-*/eeg/", "sub-*/eeg/", "sub-*/ses-*/eeg/")
"""The folders of recordings, from a dataset's, a subject's, a session's or their own folder."""
_LISTED: Final = 8
_EXAMPLE: Final = "sub-01_task-sleep_eeg.edf"


@dataclass(frozen=True, slots=True)
class Located:
    """A recording: its path, the folder of the dataset, the entities of its name."""

    path: Path
    root: Path
    entities: Mapping[str, str]

    @property
    def subject(self) -> str:
        """The name of the subject, such as sub-01."""
        return f"sub-{self.entities['sub']}" if "sub" in self.entities else self.path.stem


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject's recordings below a folder."""

    name: str
    recordings: tuple[Located, ...]


def of_dataset(folder: Path) -> bool:
    """Whether a folder is a dataset, or a subject's, a session's or the EEG folder in one."""
    described = (folder / "dataset_description.json").exists() or any(folder.glob("sub-*"))
    return folder.is_dir() and (described or bool(_INSIDE.fullmatch(folder.absolute().name)))


def located(path: Path) -> Located:
    """The recording at `path`.

    Raises:
        ImplantError: it is not there, or not named as an EEG recording of BIDS.
    """
    path = path.absolute()
    entities = _entities(path.name, _SUFFIX, ENDINGS)
    header = path.with_suffix(_HEADERS.get(path.suffix, path.suffix))
    if header != path and header.exists():
        raise ImplantError(f"{path} is a part of a recording; name its header: bids:{header}.")
    if not entities:
        raise ImplantError(
            f"{path} is not named as an EEG recording of BIDS, such as {_EXAMPLE} "
            f"(endings {', '.join(ENDINGS)}); name one of these, or the file without bids:."
        )
    if path.is_symlink() and not path.exists():
        raise ImplantError(
            f"{path} is a link to contents that are not on this machine; fetch them first: datalad get {path}"
        )
    if not path.exists():
        raise ImplantError(f"{path} does not exist; check the path.")
    return Located(path, _root(path), entities)


def subjects(folder: Path, wanted: str) -> tuple[Subject, ...]:
    """The subjects with a recording in `folder`: a dataset, or a subject's, a session's or their eeg folder.

    wanted: entities that the recordings must have, such as `task-rest_run-1`; '' takes all.

    Raises:
        ImplantError: there is no such recording, or `wanted` is not made of entities.
    """
    folder = folder.absolute()
    asked = _wanted(wanted, folder)
    by_subject: dict[str, list[Located]] = {}
    for path in sorted(path for under in _FOLDERS for path in folder.glob(f"{under}*_{_SUFFIX}.*")):
        entities = _entities(path.name, _SUFFIX, ENDINGS)
        if entities and entities.get("split", "1").lstrip("0") == "1" and asked.items() <= entities.items():
            one = Located(path, _root(path), entities)
            by_subject.setdefault(one.subject, []).append(one)
    if not by_subject:
        with_these = f" with {wanted}" if wanted else ""
        raise ImplantError(
            f"{folder} holds no EEG recording of BIDS{with_these} (such as {_EXAMPLE}; "
            f"endings {', '.join(ENDINGS)}); name the folder of a dataset or of a subject."
        )
    return tuple(Subject(name, tuple(found)) for name, found in by_subject.items())


def only(folder: Path, wanted: str) -> Located:
    """The one recording in `folder`; of a split one, its first file.

    Raises:
        ImplantError: there is none, or there are several; these are listed with their addresses.
    """
    found = [one for subject in subjects(folder, wanted) for one in subject.recordings]
    if len(found) > 1:
        raise ImplantError(
            f"{folder} holds {len(found)} recordings{f' with {wanted}' if wanted else ''}; "
            f"write one of these: {_listed(found)}{_by_entity(folder, found)}."
        )
    return located(found[0].path)


def sidecars(of: Located, suffix: str, ending: str, faults: Faults) -> tuple[Path, ...]:
    """The sidecars `*_SUFFIX.ENDING` that apply, the nearest first, at most one a folder."""
    found = []
    for folder in (of.path.parent, *of.path.parent.parents):
        there = {}
        for path in sorted(folder.glob(f"*{suffix}{ending}")):
            entities = _entities(path.name, suffix, (ending,))
            if entities is not None and entities.items() <= of.entities.items():
                there[path] = entities
        own = [path for path, entities in there.items() if entities == of.entities]
        if own or len(there) == 1:
            found.append(next(iter(own or there)))
        elif there:
            names = ", ".join(path.name for path in there)
            faults.report(
                folder / next(iter(there)), f"several apply to one recording ({names}); none counts"
            )
        if folder == of.root:
            break
    return tuple(found)


def _listed(found: Sequence[Located]) -> str:
    more = f" and {len(found) - _LISTED} more" if len(found) > _LISTED else ""
    return ", ".join(f"bids:{one.path}" for one in found[:_LISTED]) + more


def _by_entity(folder: Path, found: Sequence[Located]) -> str:
    """The shorter address of the first, by an entity that it alone has; '' if it has none."""
    first, *others = found
    own = (pair for pair in first.entities.items() if all(pair not in one.entities.items() for one in others))
    return next((f"; or choose by entities, such as bids:{folder}#{key}-{label}" for key, label in own), "")


def _root(path: Path) -> Path:
    """The folder above the subject's; a recording outside such a folder has its own."""
    return next((folder.parent for folder in path.parents if folder.name.startswith("sub-")), path.parent)


def _wanted(wanted: str, folder: Path) -> dict[str, str]:
    pairs = [_ENTITY.fullmatch(part) for part in wanted.split("_")]
    asked = {pair[1]: pair[2] for pair in pairs if pair}
    if wanted and len(asked) != len(wanted.split("_")):
        raise ImplantError(
            f"bids:{folder}#{wanted} does not choose recordings; write entities of their names, "
            "such as #task-rest or #ses-1_run-2."
        )
    return asked


def _entities(name: str, suffix: str, endings: Sequence[str]) -> dict[str, str] | None:
    """The entities of a file's name; None if it has another suffix or ending, or other parts."""
    stem = next((name[: -len(ending)] for ending in endings if name.lower().endswith(ending)), "")
    *parts, last = stem.split("_")
    pairs = [_ENTITY.fullmatch(part) for part in parts]
    if last != suffix or not all(pairs):
        return None
    return {pair[1]: pair[2] for pair in pairs if pair}
