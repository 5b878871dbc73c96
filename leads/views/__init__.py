"""Pages of leads, one module per noun: the list, one lead, its form, acts on it, blocks, lists."""
