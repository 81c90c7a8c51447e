"""What a training at a service leaves, without a training."""

from harness.records.trained import TrainedFile
from harness.train.hosted_manifest import JobManifest

ADDRESS = "http://127.0.0.1:9/v1"
ROWS = TrainedFile(name="rows.jsonl", digest="d", rows=4, tokens=75)


def job(**changed: object) -> JobManifest:
    """Return what a training at a service leaves."""
    facts = {"name": "hosted", "key": "k", "base_url": ADDRESS, "job": "ftjob-1", "model": "ft:tiny:mine"}
    facts |= {"base_model": "tiny-8b", "base_ends": None, "training_file": "file-1", "validation_file": None}
    facts |= {"result_files": (), "checkpoints": (), "form": "method", "hyperparameters": {}, "suffix": None, "seed": 0}
    facts |= {"tokens": 75, "counted": "", "cost": "", "trained_tokens": 75, "is_listed": True, "has_weights": False}
    facts |= {"adapter_digest": "", "versions": {}, "time": "", "files": (ROWS,)}
    return JobManifest(**(facts | changed))
