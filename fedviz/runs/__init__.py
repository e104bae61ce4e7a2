"""Runs on disk and in time: folder, journal, view, control, checkpoints, launcher, presets, estimates."""
