"""Keys: how they are called, which action they mean, chords, and the person's own keymap."""
