"""Put answers on the wire, also those that are meant to arrive slowly or in part."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azremedy.sandbox.http import Answer


async def deliver(request: web.Request, answer: Answer, *, speed: float) -> web.StreamResponse:
    """Send an answer, waiting its delays in real seconds; `speed` is world seconds for each."""
    await asyncio.sleep(answer.delay_s / speed)
    headers = {**answer.headers, "Content-Type": answer.content_type}
    if not answer.drip and answer.cut_at is None:
        return web.Response(status=answer.status, headers=headers, body=answer.payload())
    return await _streamed(request, answer, web.StreamResponse(headers=headers), speed=speed)


async def _streamed(
    request: web.Request, answer: Answer, response: web.StreamResponse, *, speed: float
) -> web.StreamResponse:
    payload = answer.payload()
    response.set_status(answer.status)
    response.content_length = len(payload)
    await response.prepare(request)
    size, seconds = answer.drip or (len(payload) or 1, 0.0)
    for piece in _pieces(payload[: answer.cut_at], size):
        await response.write(piece)
        await asyncio.sleep(seconds / speed)
    if answer.cut_at is not None:
        request.protocol.force_close()
    return response


def _pieces(payload: bytes, size: int) -> Iterator[bytes]:
    return (payload[start : start + size] for start in range(0, len(payload), size))
