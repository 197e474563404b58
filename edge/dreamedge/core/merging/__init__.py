"""What permits, limits and ends a merge at the pod: tether, guard, coupling, dose, commands."""
