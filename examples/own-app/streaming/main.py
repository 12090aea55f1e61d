import asyncio
import json

from starlette.applications import Starlette
from starlette.responses import StreamingResponse
from starlette.routing import Route


async def rows():
    yield "id,name\n"
    for n in range(500):
        yield f"{n},customer {n}\n"


async def words():
    for word in ("Use", "the", "one", "that", "keeps", "up."):
        await asyncio.sleep(0.005)  # a language model that thinks
        yield f"data: {json.dumps({'token': word})}\n\n"
    yield "data: [DONE]\n\n"


async def export(request):
    return StreamingResponse(rows(), media_type="text/csv")


async def chat(request):
    return StreamingResponse(words(), media_type="text/event-stream")


app = Starlette(routes=[Route("/export.csv", export), Route("/chat", chat)])
