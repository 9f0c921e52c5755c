"""Writing a request: its YAML text, the dialogue that asks for it, and the static form in a browser."""
