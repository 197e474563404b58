"""The layout of a file that BrainFlow wrote, by its description of the board."""

from dreamedge.adapters.implants.devices.brainflow import describe, full_scale_uv, parse
from dreamedge.adapters.implants.files.headset.dialect import BoardLayout
from dreamedge.ports.implant import ImplantError


def board_layout(text: str) -> BoardLayout:
    """The layout of a board's file; `text` names the board and its preset as in `brainflow:`.

    Raises:
        ImplantError: the board does not exist, or measures no EEG.
    """
    spec = parse(text)
    described = describe(spec)
    eeg = tuple(int(row) for row in described.get("eeg_channels", ()))
    if not eeg:
        raise ImplantError(f"the board {text} measures no EEG in this preset; name the preset of its EEG.")
    own = [name for name in str(described.get("eeg_names", "")).split(",") if name]
    labels = ["other"] * int(described["num_rows"])
    for place, column in enumerate(eeg):
        labels[column] = own[place] if place < len(own) else f"EXG Channel {place}"
    return BoardLayout(
        name=text,
        labels=tuple(labels),
        eeg=eeg,
        stamp=int(described["timestamp_channel"]),
        counter=int(described.get("package_num_channel", -1)),
        marker=int(described.get("marker_channel", -1)),
        rate_hz=float(described["sampling_rate"]),
        full_scale_uv=full_scale_uv(spec),
    )
