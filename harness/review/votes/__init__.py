"""Collecting a review: ballots, the reviewers' seats, and the server that hands out pages."""
