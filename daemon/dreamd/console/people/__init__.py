"""The pages of people: a sleeper's consent, and the guidelines of the house."""
