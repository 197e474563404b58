"""Recordings as implants: EDF, XDF and tables, played at their own times."""
