"""Learning weights and biases by the slopes of the network's loss."""
