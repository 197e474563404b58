"""Invitations to intimate Dreamscapes: the list of guests, their answers, and what an acceptance covers."""
