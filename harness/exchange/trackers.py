"""A run for trackers of experiments: MLflow (params, metrics with intervals, report), Weights & Biases (a table)."""

from pathlib import Path

import msgspec

from harness.errors import InputError
from harness.exchange.rows import Exported
from harness.exchange.tables import COLUMNS
from harness.runs.metrics import PROJECT, metrics_of
from harness.text.visible import for_terminal


def log_to_mlflow(exported: Exported, folder: Path) -> str:
    """Log a run to where MLFLOW_TRACKING_URI says; return the run's id there.

    Raises:
        InputError: mlflow is not installed, or refuses.
    """
    try:
        import mlflow
    except ModuleNotFoundError:
        raise InputError("MLflow is not installed: pip install 'tunegate[mlflow]'") from None
    try:
        mlflow.set_experiment(PROJECT)
        with mlflow.start_run(run_name=exported.run.id) as run:
            mlflow.log_params(params_of(exported))
            mlflow.set_tags({"outcome": exported.run.outcome or "", "commit": exported.run.commit})
            for name, value in metrics_of(exported.run):
                mlflow.log_metric(name, value)
            for file in ("report.html", "run.json"):
                if (folder / file).is_file():
                    mlflow.log_artifact(str(folder / file))
            return str(run.info.run_id)
    except mlflow.MlflowException as problem:
        raise InputError(
            f"MLflow refused the run: {for_terminal(str(problem))}; MLFLOW_TRACKING_URI says where it keeps runs, a "
            "server's address or file:FOLDER"
        ) from problem


def log_to_wandb(exported: Exported) -> str:
    """Log a run with its rows as a table, as WANDB_MODE and WANDB_DIR say; return the run's id there.

    Raises:
        InputError: wandb is not installed.
    """
    try:
        import wandb
    except ModuleNotFoundError:
        raise InputError("Weights & Biases is not installed: pip install 'tunegate[wandb]'") from None
    run = wandb.init(project=PROJECT, name=exported.run.id, config=params_of(exported))
    data = [[_cell(getattr(row, name)) for name in COLUMNS] for row in exported.rows]
    run.log({"rows": wandb.Table(columns=list(COLUMNS), data=data), **dict(metrics_of(exported.run))})
    run.finish()
    return str(run.id)


def params_of(exported: Exported) -> dict[str, str]:
    """Return what a run was made of, as short texts."""
    run = exported.run
    told = {
        "run": run.id,
        "baseline": run.baseline.name,
        "candidate": run.candidate.name,
        "engine": run.engine,
        "judge": run.judge,
        "fingerprint": run.fingerprint,
    }
    return {name: value for name, value in told.items() if value}


def _cell(value: object) -> object:
    return msgspec.json.encode(value).decode() if isinstance(value, tuple) else value
