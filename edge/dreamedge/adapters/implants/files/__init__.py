"""Recordings as implants: EDF (`edf`), XDF (`xdf`), tables and MNE's formats, played at their own times."""
