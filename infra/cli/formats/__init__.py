"""What findings look like to machines, one format a module: each turns a `Report` into text, and prints nothing."""
