"""What a change of the inventories comes to: what is made, changed, rebuilt, lost; and whether that may be."""
