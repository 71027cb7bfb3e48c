"""A page nobody looks at any more leaves no memory behind."""

import gc
import weakref


def test_nothing_the_server_shares_keeps_a_page_alive(open_page):
    page = open_page(donor="heat", recipient="hfl")
    page.receive({"kind": "assign", "donor": [0], "recipient": [0], "group": 4, "sequence": 1})
    known = [weakref.ref(item) for item in (page, page.browser, page.work)]
    del page
    gc.collect()
    assert [item() for item in known] == [None, None, None]
