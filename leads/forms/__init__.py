"""Forms of leads: they check shape and turn text into types. Whether an act is allowed is the service's to say."""
