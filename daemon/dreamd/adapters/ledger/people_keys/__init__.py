"""The keys of the ledger's people: their file, the sealing of bodies, and the naming of subjects in rows."""
