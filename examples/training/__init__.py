"""Training with checkpoints: taken away from two workers, the model is the one of an undisturbed training."""
