"""Work is done in threads; who comes when every place is taken is told so at once, and places come free again."""

from __future__ import annotations

import asyncio
import threading

import pytest

from countenance.web.work_pool import Busy, WorkPool


def test_a_result_and_an_error_come_back() -> None:
    pool = WorkPool("test", workers=1, queue=0)

    def fails() -> None:
        raise KeyError("x")

    async def use() -> int:
        with pytest.raises(KeyError):
            await pool.run(fails)
        return await pool.run(lambda: 7)

    assert asyncio.run(use()) == 7
    assert pool.taken == 0
    pool.close()


def test_a_full_pool_is_busy_and_then_free_again() -> None:
    pool = WorkPool("test", workers=1, queue=1)
    release = threading.Event()

    async def use() -> list[bool]:
        jobs = [asyncio.ensure_future(pool.run(lambda: release.wait(5))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Busy):
            await pool.run(lambda: True)
        release.set()
        done = [await job for job in jobs]
        return [*done, await pool.run(lambda: True)]

    assert asyncio.run(use()) == [True, True, True]
    pool.close()


def test_work_begun_is_done_to_its_end_when_nobody_waits_for_it_any_more() -> None:
    pool = WorkPool("test", workers=1, queue=0)
    begun, release, finished = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        release.wait(5)
        finished.set()

    async def give_up() -> None:
        job = asyncio.ensure_future(pool.run(work))
        while not begun.is_set():
            await asyncio.sleep(0.001)
        job.cancel()
        with pytest.raises(asyncio.CancelledError):
            await job
        release.set()
        while pool.taken:
            await asyncio.sleep(0.001)

    asyncio.run(give_up())
    assert finished.is_set()
    pool.close()
