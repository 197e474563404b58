"""The words with which a pod refuses an assign for its consent, as they stand in the outcome of a command."""

from typing import Final

MISSING: Final = "consent-missing"
"""The assign names no revision, and the pod has seen one."""
LOWER: Final = "consent-lower"
"""The pod has seen a higher revision of this subject."""
WITHDRAWN: Final = "consent-withdrawn"
"""This revision was withdrawn at the pod."""
UNREADABLE: Final = "consent-unreadable"
"""The consents on the disk of the pod cannot be read."""
UNKEPT: Final = "consent-unkept"
"""The disk of the pod takes nothing more."""
