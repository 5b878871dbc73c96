"""The accounts pages: where somebody starts, own profile, working time, people, teams, the audit trail."""
