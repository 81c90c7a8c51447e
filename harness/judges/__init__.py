"""Judges that are checked before they are believed: people's labels, checks against them, what they correct."""
