"""What changes people, teams and the audit trail."""
