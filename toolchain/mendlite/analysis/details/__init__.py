"""What a report shows beyond its figures, computed from a repair's outputs and a bounded replay."""
