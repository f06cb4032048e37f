"""One widget a file. They draw what they are given and post messages; none of them calls the engine's slow methods."""
