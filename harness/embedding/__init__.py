"""Small models that turn texts into vectors, offline: what scorers and checks of rows compare meanings by."""
