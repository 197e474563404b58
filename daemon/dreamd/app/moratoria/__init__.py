"""Moratoria: the book of those that act, and their part of the retained place."""
