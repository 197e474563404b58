"""The page of a festival: the same pictures while it runs and afterwards, from account and timeline alone."""
