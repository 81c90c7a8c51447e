"""QLoRA training of adapters: `recipe.train_from` reads a TOML file and leaves a finished adapter."""
