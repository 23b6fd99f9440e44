"""Which layer and tensor of the float model belongs to which of the int8 model."""
