"""A training at a service, end to end: check the rows, make one job, follow it, and put what came of it in place."""

import datetime as dt
import os
from pathlib import Path

from harness.models.answering import digest_adapter
from harness.text.atomic import write_durably
from harness.text.figures import count
from harness.text.progress import say
from harness.text.visible import for_terminal
from harness.train.config import TrainConfig
from harness.train.hosted.api import Api
from harness.train.hosted.create import refuse_broken, the_job, uploaded
from harness.train.hosted.dry import JobDryRun, dry_job
from harness.train.hosted.ends import end_in_words, end_told
from harness.train.hosted.finish import Work, finish
from harness.train.hosted.follow import followed, own_job
from harness.train.hosted.order import Order, cost_of, endpoint_of, jobs_in, order_of
from harness.train.hosted.rows import read_job_rows
from harness.train.hosted.seen import Job
from harness.train.hosted.sending import NoAnswer
from harness.train.hosted.state import Journal, folder_of, jobs_of, journals_in
from harness.train.hosted.trusted import Service, remember
from harness.train.hosted_manifest import is_model_alone, read_job
from harness.train.workspace import publish, refuse_foreign

FILES = {"train": "training_file", "validation": "validation_file"}


def train_hosted(config: TrainConfig, settings: Path) -> Path:
    """Train what settings describe at a service; return the result's folder.

    The same call goes on after a kill at any moment, with the same job.

    Raises:
        InputError: the settings or the rows are wrong.
        TrainingError: the service refuses, the job failed, or something that came of it can't be had.
    """
    endpoint = endpoint_of(jobs_in(config, settings), os.environ, settings)
    output = (settings.parent / config.output).resolve()
    refuse_foreign(output)
    rows = read_job_rows(config, settings.parent)
    order = order_of(config, settings, rows)
    if _is_done(output, order):
        say(f"{output.name}: already trained with these settings and data")
        Journal(folder_of(output), order.key).forget()  # a kill can come just before that
        return output
    plain = order.jobs.allow_plain_http
    remember(Service(base_url=endpoint.address, api_key_env=endpoint.api_key_env, allow_plain_http=plain))
    with jobs_of(output) as folder:
        api = Api(endpoint)
        try:
            _train(Work(api, order, rows, Journal(folder, order.key), output.name), output)
        finally:
            api.close()
    return output


def cancel_hosted(config: TrainConfig, settings: Path) -> tuple[str, ...]:
    """Ask for the end of every job of this output that is under way; return what came of each, in words.

    Raises:
        ConfigError: the settings are wrong.
        TrainingError: the service refuses.
    """
    endpoint = endpoint_of(jobs_in(config, settings), os.environ, settings)
    output = (settings.parent / config.output).resolve()
    told = []
    with jobs_of(output) as folder:
        api = Api(endpoint)
        try:
            for journal in journals_in(folder):
                if journal.state.job is not None:
                    job = api.cancel(own_job(api, journal, journal.state.job).id)
                    told.append(f"job {for_terminal(job.id)}: {for_terminal(job.status or 'asked to end')}")
                    journal.forget()
        finally:
            api.close()
    return tuple(told) or ("no job of this output is under way",)


def try_job(config: TrainConfig, settings: Path) -> JobDryRun:
    """Return what would be ordered, and about what it costs; nothing is sent.

    Raises:
        InputError: the settings or the rows are wrong.
    """
    jobs_in(config, settings)
    rows = read_job_rows(config, settings.parent)
    return dry_job(order_of(config, settings, rows), rows)


def _train(work: Work, output: Path) -> None:
    api, order, rows = work.api, work.order, work.rows
    ends = order.jobs.base_ends or _end_told(api, order.jobs.model)
    cost = cost_of(order.jobs, rows.tokens, order.epochs)
    say(
        f"training {work.name} on {for_terminal(order.jobs.model)} at {api.address}: "
        f"{count(len(rows.written), 'row')}, {count(rows.tokens, 'token')} per epoch ({rows.counted})"
        f"{f', {cost}' if cost else ''}"
    )
    if ends is not None:
        today = dt.datetime.now(dt.UTC).date()
        say(f"{work.name}: its base model {for_terminal(order.jobs.model)} {end_in_words(ends, today)}")
    for other in journals_in(work.journal.folder):
        if other.state.job not in {None, work.journal.state.job}:
            say(
                f"{work.name}: job {for_terminal(other.state.job or '')}, of other settings or rows, was not followed "
                "to its end; it may go on at the service, and cost (--cancel ends it)"
            )
    job = _followed(work)
    finished, manifest = finish(work, job, ends)
    earlier = publish(finished, output)
    work.journal.forget()
    if earlier:
        say(f"{work.name}: the earlier adapter in its place is now called {earlier.name}")
    what = (
        "the adapter's weights" if manifest.has_weights else f"model {for_terminal(manifest.model or 'without a name')}"
    )
    say(f"trained {work.name}: {what}; {count(job.trained_tokens or 0, 'token')} by the service's count")


def _followed(work: Work) -> Job:
    """Return the job once it has succeeded: the one that is under way, or one that is made now."""
    journal = work.journal
    try:
        if journal.state.job is None:
            job_id = _ordered(work)
            say(f"job {for_terminal(job_id)} at {work.api.address}")
        return followed(work.api, journal, str(journal.state.job), work.order.jobs)
    except KeyboardInterrupt:
        if journal.state.job is not None:
            say(
                f"stopped waiting: job {for_terminal(journal.state.job)} goes on at {work.api.address}; the same "
                "command waits for it again, and with --cancel ends it"
            )
        raise


def _ordered(work: Work) -> str:
    """Return the id of the job: the files are uploaded, and it is made, unless they are there."""
    names, ids = [], []
    for part, content in {"train": work.rows.train, "validation": work.rows.validation}.items():
        if content:
            path = work.journal.folder / f"{part}.jsonl"
            write_durably(path, content)
            names.append(f"{work.order.key}.{part}.jsonl")
            ids.append(_file(work, FILES[part], path, names[-1]))
    return the_job(work.api, work.journal, work.order.request(ids[0], ids[1] if len(ids) > 1 else None), names)


def _file(work: Work, field: str, path: Path, name: str) -> str:
    known: str | None = getattr(work.journal.state, field)
    if known is not None:
        try:
            refuse_broken(work.api, known)
        except NoAnswer as problem:
            if problem.status != 404:  # else it was deleted there since
                raise
        else:
            return known
    known = uploaded(work.api, path, name)
    work.journal.note(**{field: known})
    refuse_broken(work.api, known)
    return known


def _is_done(output: Path, order: Order) -> bool:
    """Return whether a folder holds what the order would give, unchanged."""
    done = read_job(output)
    if done is None or done.key != order.key:
        return False
    return is_model_alone(output) if not done.has_weights else digest_adapter(output) == done.adapter_digest


def _end_told(api: Api, model: str) -> dt.date | None:
    try:
        return end_told(api.model(model).deprecation)
    except NoAnswer as problem:
        if problem.is_passing:
            raise
        return None
