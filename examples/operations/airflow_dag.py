"""A DAG that runs the project every night. Put it into Airflow's folder of DAGs, and set WIX_PROJECT for the workers.

The key is in the project's `.env`, or in the variables of the workers: not in the DAG.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    dag_id="wix_users",
    description="Team, roles and sites of the Wix account",
    schedule="15 5 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="UTC"),
    catchup=False,
    # Two runs must not write to one database.
    max_active_runs=1,
    default_args={
        # The tap itself waits for Wix. A retry only helps if the machine or the network was down.
        "retries": 1,
        "retry_delay": timedelta(minutes=15),
        "execution_timeout": timedelta(hours=2),
    },
) as dag:
    BashOperator(
        task_id="load",
        # The summary is the last line that is printed, so it is what other tasks can pull. The space at the end keeps
        # Airflow from taking the name for one of a template.
        bash_command='"$WIX_PROJECT"/examples/operations/nightly.sh ',
        append_env=True,
        do_xcom_push=True,
    )
