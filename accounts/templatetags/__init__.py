"""Template tags every app's pages share."""
