"""One module a gRPC service, with the translation between messages and the application's values."""
