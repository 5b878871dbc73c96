"""What the reports write: that somebody took rows out."""
