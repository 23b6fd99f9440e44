"""What two models and samples are to each other: task, feeding, labels; or what is not clear."""
