"""Tables the demo speaks from, in Japanese: names, places, companies, and what is said on the phone."""
