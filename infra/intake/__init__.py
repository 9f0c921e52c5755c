"""From a ministry's YAML to a checked model: read, shape, merge, judge. Reads files; writes only the register."""
