"""The first files of somebody's own repository: from a few choices, and from their own cases if given."""
