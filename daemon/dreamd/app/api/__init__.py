"""The commands and queries of the application, one module a subject. Adapters call nothing else."""
