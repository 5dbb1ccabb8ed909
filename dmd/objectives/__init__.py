"""What is minimised: the task, the decoupling, the margin, the distillation."""
