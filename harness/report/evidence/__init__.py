"""Which answers a report shows, and how much of each, so that a page stays small."""
