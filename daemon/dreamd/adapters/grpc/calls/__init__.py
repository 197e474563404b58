"""How each call is received: lanes, bodies, deadlines, errors, streams. No method is known by name here."""
