"""What a run leaves behind: its report, the picture of the night, the measured outages."""
