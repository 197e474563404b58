"""The verbs of `dreamd`, one file a subject: `add_parser(subparsers)` and `run(args) -> exit status`."""
