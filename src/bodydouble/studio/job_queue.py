"""One job at a time, in the order they came: cancelled, started again, and remembered over restarts of the studio."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from bodydouble.errors import InputError
from bodydouble.studio.folder import PENDING, Job, State, StudioFolder, new_id
from bodydouble.studio.worker import WORKER
from bodydouble.workers.process import PATIENCE_S, WorkerProcess

_DIED = "the program that makes doubles ended by itself, perhaps for want of memory; start this again"


class JobQueue:
    """The jobs, and the thread that hands them to the worker. Its methods may be called from any thread."""

    def __init__(self, folder: StudioFolder, command: Sequence[str] = WORKER, patience_s: float = PATIENCE_S) -> None:
        """Take up what an earlier studio left; nothing of it is begun by itself."""
        self._folder, self._patience_s = folder, patience_s
        self._worker = WorkerProcess(command, folder.log)
        self._changed = threading.Condition()
        self._closing = False
        self._stopping: set[str] = set()  # ids of running jobs that were told to stop
        self._jobs = {job.id: job for job in sorted(folder.load_jobs(), key=lambda job: job.created)}
        for job in self._jobs.values():
            folder.save(job)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def jobs(self) -> list[Job]:
        """All jobs, the oldest first."""
        with self._changed:
            return list(self._jobs.values())

    def submit(self, double: str, makes: str, name: str, options: dict[str, Any] | None = None) -> Job:
        """Queue a job; where the same one waits or runs already, it is that one."""
        with self._changed:
            for job in self._jobs.values():
                if (job.double, job.makes) == (double, makes) and job.state in PENDING:
                    return job
            self._drop(lambda job: (job.double, job.makes) == (double, makes))
            job = Job(id=new_id(), double=double, makes=makes, name=name, created=time.time(), options=options or {})
            self._set(job)
            return job

    def cancel(self, job_id: str) -> Job:
        """Stop a job that waits or runs. Raises InputError for one that does neither."""
        with self._changed:
            job = self._get(job_id)
            if job.state == State.waiting:
                return self._set(replace(job, state=State.cancelled))
            if job.state != State.running:
                raise InputError(f"this is {job.state} already; there is nothing to cancel")
            self._stop(job)
            return job

    def stop(self, double: str, makes: Collection[str]) -> None:
        """Stop the job of a double that runs, if it makes one of these, and wait until it has ended."""
        with self._changed:
            running = [
                job
                for job in self._jobs.values()
                if job.double == double and job.makes in makes and job.state == State.running
            ]
            for job in running:
                self._stop(job)
            self._changed.wait_for(lambda: not any(self._is_running(job.id) for job in running))

    def start_again(self, job_id: str) -> Job:
        """Queue a job again that came to nothing. Raises InputError for one that waits, runs or is done."""
        with self._changed:
            job = self._get(job_id)
            if job.state in (*PENDING, State.done):
                raise InputError(f"this is {job.state}; it cannot be started again")
            waiting = replace(job, state=State.waiting, error="", stage="", done=0.0)
            self._folder.save(waiting)
            del self._jobs[job.id]  # to the end of the queue
            return self._remember(waiting)

    def remove(self, double: str) -> None:
        """Remove a double with all its jobs; one that runs is stopped first."""
        with self._changed:
            for job in self._jobs.values():
                if job.double == double and job.state == State.running:
                    self._stop(job)
            self._changed.wait_for(lambda: not self._runs(double))
            self._drop(lambda job: job.double == double)
            self._folder.remove_double(double)

    def close(self) -> None:
        """End the worker and the thread; what was running is interrupted."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._worker.close()
        self._thread.join()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            ending = self._carry_out(job)
            with self._changed:
                self._note(replace(self._jobs[job.id], **ending))
                self._stopping.discard(job.id)

    def _next(self) -> Job | None:
        """The next job, now running; None when the studio closes."""
        with self._changed:
            while not self._closing:
                for job in self._jobs.values():
                    if job.state == State.waiting:
                        return self._note(replace(job, state=State.running))
                self._changed.wait()
            return None

    def _carry_out(self, job: Job) -> dict[str, Any]:
        """What a job's fields are when it has ended."""
        order = {**asdict(job), "folder": str(self._folder.double_folder(job.double))}
        for answer in self._worker.answers(order):
            if "end" in answer:
                ended = State(answer["end"])
                return {"state": ended, "error": answer.get("error", ""), "done": float(ended == State.done)}
            with self._changed:
                self._jobs[job.id] = replace(self._jobs[job.id], stage=answer["stage"], done=answer["done"])
                if job.id in self._stopping:  # told before it had the order
                    self._worker.send({"cancel": job.id})
        if self._closing:
            return {"state": State.interrupted}
        return {"state": State.cancelled} if job.id in self._stopping else {"state": State.failed, "error": _DIED}

    def _stop(self, job: Job) -> None:
        """Ask the worker to stop; end it where it does not."""
        if job.id not in self._stopping:
            self._stopping.add(job.id)
            self._worker.send({"cancel": job.id})
            timer = threading.Timer(self._patience_s, self._end_stubborn, [job.id])
            timer.daemon = True
            timer.start()

    def _end_stubborn(self, job_id: str) -> None:
        with self._changed:
            if job_id in self._stopping:
                self._worker.kill()

    def _runs(self, double: str) -> bool:
        return any(job.double == double and job.state == State.running for job in self._jobs.values())

    def _is_running(self, job_id: str) -> bool:
        return job_id in self._jobs and self._jobs[job_id].state == State.running

    def _get(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise InputError("there is no such job")
        return self._jobs[job_id]

    def _set(self, job: Job) -> Job:
        """Keep a job, on disk first. Raises OSError and InputError where that is impossible."""
        self._folder.save(job)
        return self._remember(job)

    def _note(self, job: Job) -> Job:
        """The same from the queue's thread, which no full disk ends: then only a restart knows nothing of it."""
        with suppress(OSError, InputError):
            self._folder.save(job)
        return self._remember(job)

    def _remember(self, job: Job) -> Job:
        self._jobs[job.id] = job
        self._changed.notify_all()
        return job

    def _drop(self, condition: Callable[[Job], bool]) -> None:
        for job in [job for job in self._jobs.values() if condition(job)]:
            del self._jobs[job.id]
            self._folder.forget(job)
