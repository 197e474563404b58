"""Rules that permit, limit and end a merge at the pod: tether, guard, coupling, dose, commands."""
