"""The life of a Dreamscape: states, admission, seats, slots, and the views of it."""
