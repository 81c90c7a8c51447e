"""Making a review: the pairs, who is A and who is B, the pages, the folder, and the sealed key."""
