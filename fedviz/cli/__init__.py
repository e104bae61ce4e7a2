"""The command line: one module a command, each with `add(subparsers)` and `run(arguments) -> exit code`, and with its heavy imports inside."""
