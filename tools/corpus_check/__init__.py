"""Files of others: each is read and replayed, or refused with its reason, and compared."""
