"""Reports the runs of Airflow's DAGs as executions, and their tasks as steps.

One file beside ``burnwatch.py``, for the plugins folder of Airflow 2.5 or later. A workflow has the name of its DAG.
It was run against a stand-in of Airflow only, never against Airflow itself.
"""

from __future__ import annotations

from typing import Any, Optional

import burnwatch
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin


def _report(workflow: Any, execution: Any, status: str, **fields: Any) -> None:
    burnwatch.report(str(workflow), str(execution), status, **fields)
    # Workers are forked for each task, and may end at once.
    burnwatch.flush(2.0)


def _task(task: Any, status: str, *, will_retry: Optional[bool] = None) -> None:
    index = getattr(task, 'map_index', -1)
    step = task.task_id if index is None or index < 0 else f'{task.task_id}:{index}'
    fields = {'step': step, 'attempt': max(1, int(task.try_number or 1))}
    if status == 'failed':
        fields['error'] = 'task-failed'
        fields['willRetry'] = bool(will_retry)
    _report(task.dag_id, task.run_id, status, **fields)


class BurnwatchListener:
    """What Airflow calls as tasks and runs change their state."""

    @hookimpl
    def on_task_instance_running(self, previous_state: Any, task_instance: Any) -> None:
        _task(task_instance, 'started')

    @hookimpl
    def on_task_instance_success(self, previous_state: Any, task_instance: Any) -> None:
        _task(task_instance, 'succeeded')

    @hookimpl
    def on_task_instance_failed(self, previous_state: Any, task_instance: Any) -> None:
        tries = getattr(task_instance, 'max_tries', None) or 0
        _task(task_instance, 'failed', will_retry=int(task_instance.try_number or 1) <= tries)

    @hookimpl
    def on_dag_run_running(self, dag_run: Any, msg: str) -> None:
        _report(dag_run.dag_id, dag_run.run_id, 'started')

    @hookimpl
    def on_dag_run_success(self, dag_run: Any, msg: str) -> None:
        _report(dag_run.dag_id, dag_run.run_id, 'succeeded')

    @hookimpl
    def on_dag_run_failed(self, dag_run: Any, msg: str) -> None:
        _report(dag_run.dag_id, dag_run.run_id, 'failed', error='dag-failed')


class BurnwatchPlugin(AirflowPlugin):
    """Has Airflow load the listener."""

    name = 'burnwatch'
    listeners = [BurnwatchListener()]
