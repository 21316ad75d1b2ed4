"""Followers are woken at once; the second look that streams take every second is only a safety net."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

from graphwright_prefect.server.hub import Hub


def test_followers_of_a_key_are_woken_from_any_thread() -> None:
    async def main() -> None:
        hub = Hub()
        with hub.follow("a") as first, hub.follow("a") as second, hub.follow("b") as other:
            await asyncio.to_thread(hub.publish, ["a", "unknown"])
            async with asyncio.timeout(20):
                await first.wait()
                await second.wait()
            assert not other.is_set()
        await asyncio.to_thread(hub.publish, ["a", "b"])
        await asyncio.sleep(0)
        assert not other.is_set()

    asyncio.run(main())


def test_a_loop_that_is_gone_is_left_alone() -> None:
    hub = Hub()
    loop = asyncio.new_event_loop()

    with ExitStack() as followers:

        async def main() -> None:
            followers.enter_context(hub.follow("a"))

        loop.run_until_complete(main())
        loop.close()
        hub.publish(["a"])
