"""Generated from wire.proto by `make proto`; committed, never edited."""
