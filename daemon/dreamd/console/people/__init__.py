"""The pages of people: a sleeper's consent, the guidelines of the house, the cases of the clinic."""
