"""For every input of a box: how far can two networks differ? Pure arithmetic on bounds."""
