"""The artist's live input. It changes what is blended, never how strongly a sleeper is coupled."""
