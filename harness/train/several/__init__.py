"""Trainings in several processes: how many there are, how they speak with each other, and how they are started."""
