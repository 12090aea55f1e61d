import asyncio

from quart import Quart, render_template, request

app = Quart(__name__)


@app.get("/")
async def index():
    return await render_template("index.html", name=request.args.get("name", "you"))


@app.get("/weather/<city>")
async def weather(city):
    await asyncio.sleep(0.02)  # a service that is asked
    return {"city": city, "degrees": 17}
