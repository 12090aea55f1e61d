import hashlib

from fastapi import BackgroundTasks, FastAPI
from pydantic import BaseModel

app = FastAPI()


class Order(BaseModel):
    email: str


def confirm(email):
    """Render a mail: some milliseconds of work after the answer is out."""
    hashlib.pbkdf2_hmac("sha256", email.encode(), b"salt", 5000)


@app.post("/orders", status_code=202)
async def place(order: Order, tasks: BackgroundTasks):
    tasks.add_task(confirm, order.email)
    return {"accepted": True}
