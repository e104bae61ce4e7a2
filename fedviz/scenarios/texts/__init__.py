"""Texts of one's own: read from files, kept in the data folder, split into training and test."""
