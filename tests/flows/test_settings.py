"""The environment of a run: what would tell somebody about it is off whatever the user has set."""

import os
from unittest import mock

import pytest

from flows.settings import OFFLINE, QUIET, UNTOLD, prepare


@pytest.fixture(autouse=True)
def restored():
    with mock.patch.dict(os.environ):
        yield


def test_what_would_report_a_run_is_off_whatever_the_environment_says():
    for name in (*UNTOLD, *OFFLINE):
        os.environ[name] = "0" if UNTOLD.get(name) != "false" else "true"
    prepare()
    assert {name: os.environ[name] for name in (*UNTOLD, *OFFLINE)} == {**UNTOLD, **OFFLINE}


def test_the_command_that_downloads_is_not_offline_but_tells_nothing():
    os.environ["HF_HUB_OFFLINE"] = "0"
    os.environ["DO_NOT_TRACK"] = "0"
    os.environ["all_proxy"] = "socks5://192.0.2.1:1080"
    prepare(offline=False)
    assert (os.environ["HF_HUB_OFFLINE"], os.environ["DO_NOT_TRACK"]) == ("0", "1")
    assert os.environ["all_proxy"]


def test_what_is_merely_quiet_stays_as_the_user_has_set_it():
    for name in QUIET:
        os.environ[name] = "mine"
    prepare()
    assert all(os.environ[name] == "mine" for name in QUIET)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", "127.0.0.1,localhost"), ("a.example", "a.example,127.0.0.1,localhost"), ("*", "*"),
     ("127.0.0.1", "127.0.0.1,localhost")],
)  # fmt: skip
def test_this_machine_s_own_server_is_never_asked_for_through_a_proxy(given, kept):
    os.environ["NO_PROXY"] = given
    prepare()
    prepare()
    assert os.environ["NO_PROXY"] == kept


def test_a_client_can_be_made_where_the_environment_names_a_socks_proxy():
    httpx = pytest.importorskip("httpx")
    os.environ["ALL_PROXY"] = "socks5://192.0.2.1:1080"
    prepare()
    httpx.Client().close()
