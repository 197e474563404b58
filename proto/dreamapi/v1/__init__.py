"""Generated from the .proto files by `make proto`; committed, never edited."""
