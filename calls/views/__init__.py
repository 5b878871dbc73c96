"""Pages of the rep's day and of the manager's board."""
