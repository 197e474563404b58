"""Invitations to intimate Dreamscapes: commands and their protocol."""
