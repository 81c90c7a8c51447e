"""Whether an answer parses: the formats and languages that `parses_as` knows."""
