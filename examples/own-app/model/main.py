import time
from contextlib import asynccontextmanager

import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel


class Model:
    def __init__(self):
        time.sleep(12)  # as joblib.load() or torch.load() of some gigabytes
        self.weights = np.random.default_rng(7).normal(size=(256, 10))

    def predict(self, features):
        return int(np.argmax(np.asarray(features) @ self.weights))


@asynccontextmanager
async def lifespan(app):
    app.state.model = Model()
    yield


app = FastAPI(lifespan=lifespan)


class Features(BaseModel):
    values: list[float]


@app.post("/predict")
def predict(features: Features):  # a plain function: it computes, and must not block the loop
    return {"label": app.state.model.predict(features.values)}
