"""Demo data: a sales team that does not exist, its leads and what it did lately. Everything is generated from a seed.

`words` are the tables it speaks from, `records` plain rows without a database, `desk` mirrors what the services do to
them, `history` and `stories` are what happened, `writer` puts it all into the database, and `today` goes on from there
through the real services. All but the last two are pure: they know no model, no settings and no clock.
"""
