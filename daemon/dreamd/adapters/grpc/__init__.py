"""The services' API over grpc.aio: translation, deadlines, watches; the application makes every decision."""
