"""The results of a run: its report, the picture of the night, the measured outages."""
