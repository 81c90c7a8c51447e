"""Several replicas of one model: each answers its share of the requests, and one that is lost costs only its own."""
