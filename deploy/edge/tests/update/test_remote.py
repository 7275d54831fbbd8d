"""A signed channel as the device's client sees it; what it answers to attacks is in `test_attacks`."""

from __future__ import annotations

import pytest

from deploy.edge.tests.mirror import URL
from deploy.edge.tests.update.fleet import GOOD, Fleet
from trunkline_edge.errors import NotPublished
from trunkline_edge.update.remote import RemoteSource


@pytest.mark.parametrize(("product", "channel"), [("tin", "stable"), ("tiny", "stabel")])
def test_a_mistyped_product_or_channel_is_named_with_what_to_do_at_the_desk(
    product: str, channel: str, fleet: Fleet
) -> None:
    fleet.release(GOOD)
    with pytest.raises(NotPublished) as raised:
        RemoteSource(URL, fleet.root, fleet.home, product, channel, fetcher=fleet.mirror).pointer()
    said = str(raised.value)
    assert f"channel '{channel}' points at nothing of product '{product}'" in said and "mistyped" in said
    assert "`trunkline release status`" in said
    assert f"`trunkline release promote {channel} --product {product}`" in said
