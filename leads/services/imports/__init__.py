"""The road of a list into the base: upload → columns → preview → confirm → run, batch by batch, resumable."""
