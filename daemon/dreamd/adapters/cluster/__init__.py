"""Work on more than one machine: Ray, loaded only where settings or a flag ask for it, and the same without it."""
