"""The screen while storages are watched: what is seen, which lines stay, what is told beyond the screen."""
