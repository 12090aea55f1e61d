"""Whether this process answers, and which one it is."""

import os

from fastapi import APIRouter

from app.models import Health

router = APIRouter(tags=["health"])


@router.get("/health")
async def read_health() -> Health:
    """Answer with the id of the process, which tells workers apart."""
    return Health(status="ok", pid=os.getpid())
