"""One Dreamscape: its states, its control loop, its pods' inputs, its record and its end."""
