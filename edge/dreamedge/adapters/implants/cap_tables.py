"""The sites of named caps, by contact: generated from the montages of MNE by `tests/caps.py`."""

from typing import Final

FROM_MNE: Final[dict[str, str]] = {
    "biosemi32": (
        "Fp1 AF3 F7 F3 FC1 FC5 T7 C3 CP1 CP5 P7 P3 Pz PO3 O1 Oz O2 PO4 P4 P8 CP6 CP2 C4 T8 FC6 FC2 "
        "F4 F8 AF4 Fp2 Fz Cz "
    ),
    "biosemi64": (
        "Fp1 AF7 AF3 F1 F3 F5 F7 FT7 FC5 FC3 FC1 C1 C3 C5 T7 TP7 CP5 CP3 CP1 P1 P3 P5 P7 P9 PO7 PO3 "
        "O1 Iz Oz POz Pz CPz Fpz Fp2 AF8 AF4 AFz Fz F2 F4 F6 F8 FT8 FC6 FC4 FC2 FCz Cz C2 C4 C6 T8 "
        "TP8 CP6 CP4 CP2 P2 P4 P6 P8 P10 PO8 PO4 O2 "
    ),
    "egi64": (
        "AFF10h AF6h AFF4h FCz Fp2 Fz FCC1 AFz AFF3h Fp1 AF5h F3 F5 FFC5h FCC3 C3h AFF9h F7 FC5 C3 "
        "CP3h CCP5h FT9 T7 TP7h CPP5 P5 P3 TP9h P7 PPO3 P9h PO1 Pz O1 POz Oz PO2 O2 PPO4 CP4h P4 "
        "P10h P8 P6 CPP6 TP10h TP8h CCP6h C4 C4h T8 FCC4 FCC2 FT10 FC6 FFC6h F8 F6 F4 - - - - "
    ),
    "egi128": (
        "AFF10h AF8 AFF4 AFF4h FFC2h FCz C1h AFp10h Fp2 AF2 Fz FFC1h FCC1 Fp2h AFpz AFz Fpz AF1 "
        "AFF3h FFC3h Fp1h Fp1 AFF3 F3 AFp9h AF7 F5 FFC5h FCC3 C3h CCP1h AFF9h F7 FC5 FCC5h C3 CP3h "
        "F9 FTT7 T7h CCP5h CP3 FFT9 FT9 T7 TP7h CP5h - - TPP7 CPP5 P3 CPP3h CPP1 CPz - TP9 P7 PPO5 "
        "P3h P1 Pz - P9h PO7 PO3 PPO1 PO9 POO9h O1 PO1 POz I1 OI1h Oz PO2 PPO2 P2 CPP2 CCP2h Iz "
        "OI2h O2 PO4 P4h CPP4h CP4h I2 POO10h PO8 PPO6 P4 CP4 PO10 P10h P8 CPP6 CP6h - TP10 TPP8 "
        "TP8h CCP6h C4 C4h C2h - T8 T8h FCC6h FCC4 FCC2 - FT10 FTT8 FC6 FFC6h FFC4h - FFT10 F10 F8 "
        "F6 F4 - - - - "
    ),
}
"""The sites in the order of the contacts, - where none is near."""
