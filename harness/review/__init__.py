"""A blinded side-by-side review of a saved run: packets for reviewers, their ballots, the tally, the verdict."""
