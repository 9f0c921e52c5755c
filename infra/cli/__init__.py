"""The command ``joliba``. Each command has its module; what is costly to import is imported when a command runs."""
