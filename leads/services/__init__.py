"""What changes leads: blocks, numbers, stages, signals, tiers, and the leads themselves."""
