"""What quantization costs, and where: noise budget, activation status, localization."""
