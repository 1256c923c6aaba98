"""Training: Trainer, its options and state, schedules of the learning rate, callbacks and checkpoints."""
