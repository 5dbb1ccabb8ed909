"""One Prefect server for all flow tests: starting one takes some twenty seconds."""

import pytest


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    import os

    os.environ["DMD_STATE"] = str(tmp_path_factory.mktemp("state"))
    from flows.settings import prepare

    prepare()
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=240):
        yield
