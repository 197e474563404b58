"""The acts of a page: those that it offers, the bodies that it posts, and how each is carried out."""
