"""What the base model makes of training rows before anything is trained; ``check`` is what the command uses."""
