"""The people's own subjects of the API: consents and guidelines, and what follows from them."""
