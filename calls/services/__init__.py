"""What changes calls, follow-ups, plans, leases and notices."""
