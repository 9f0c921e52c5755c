"""From a ministry's YAML to a checked model: read, shape, merge, judge. Pure but for reading files and writing the register."""
