"""Services about people: consents, and the messages that tell of them."""
