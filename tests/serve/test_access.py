"""Names and web pages: a page in a browser cannot make a local server work."""

import pytest

from hintree.errors import UsageError
from hintree.serve.access import Access, hostname
from hintree.serve.benchmark import serving
from hintree.serve.service import Service
from tests.support.server import fetch, user_message

ASKED = {"model": "greedy", "messages": user_message()}


@pytest.fixture(scope="module")
def shared(solvers):
    """A server with a further name, and pages of one origin."""
    access = Access(frozenset({"127.0.0.1", "models.example"}), ("https://page.example",))
    with serving(Service(solvers, access=access)) as url:
        yield url


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]", "[", ""])
def test_a_strange_name_is_refused(url, host):
    status, _, text = fetch(url, "/models", Host=host)
    assert status == 421 and "--allow-host" in text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1234", "127.0.0.1", "[::1]:8399"])
def test_the_names_of_this_machine_are_accepted(url, host):
    assert fetch(url, "/models", Host=host)[0] == 200


def test_a_further_name_is_accepted(shared):
    assert fetch(shared, "/models", Host="models.example:443")[0] == 200
    assert fetch(shared, "/models", Host="localhost")[0] == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://["])
def test_a_strange_page_is_refused(url, origin):
    status, headers, text = fetch(url, "/chat/completions", ASKED, Origin=origin)
    assert status == 403 and "--allow-origin" in text
    assert "access-control-allow-origin" not in headers


def test_the_servers_own_page_is_accepted(url):
    own = url.removesuffix("/v1")
    assert fetch(url, "/models", Origin=own, Host=own.removeprefix("http://"))[0] == 200


def test_an_accepted_page_gets_the_headers_that_a_browser_asks_for(shared):
    status, headers, _ = fetch(shared, "/chat/completions", ASKED, Origin="https://page.example")
    assert status == 200 and headers["access-control-allow-origin"] == "https://page.example"
    assert fetch(shared, "/models", Origin="https://other.example")[0] == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_a_page_sends_without_asking_is_refused(url, kind):
    status, _, text = fetch(url, "/chat/completions", ASKED, Content_Type=kind)
    assert status == 415 and "application/json" in text


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_accepted_in_every_spelling(url, kind):
    assert fetch(url, "/chat/completions", ASKED, Content_Type=kind)[0] == 200


@pytest.mark.parametrize("origin", ["page.example", "https://page.example/path", "ftp://page.example", "https://", ""])
def test_an_origin_of_another_form_is_refused(origin):
    with pytest.raises(UsageError, match="allow-origin"):
        Access(origins=(origin,))


@pytest.mark.parametrize(("host", "name"), [("A.b:1", "a.b"), ("[::1]:80", "::1"), ("a:b:c", "a"), ("[", ""), ("", "")])
def test_the_name_of_a_host_header_has_no_port(host, name):
    assert hostname(host) == name
