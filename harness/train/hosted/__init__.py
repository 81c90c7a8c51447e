"""A training at a service that speaks OpenAI's fine-tuning protocol: files, and fine_tuning.jobs."""
