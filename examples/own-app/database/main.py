from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel
from sqlalchemy import create_engine, event
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

engine = create_engine("sqlite:///./guestbook.db")  # in the folder that the app is started in


@event.listens_for(engine, "connect")
def wait_for_other_writers(connection, record):
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


class Base(DeclarativeBase):
    pass


class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]


Base.metadata.create_all(engine)


def session():
    with Session(engine) as opened:
        yield opened


class NewEntry(BaseModel):
    text: str


app = FastAPI()
Database = Annotated[Session, Depends(session)]


@app.post("/entries", status_code=201)
def write(new: NewEntry, database: Database):
    entry = Entry(text=new.text)
    database.add(entry)
    database.commit()
    return {"id": entry.id, "text": entry.text}


@app.get("/entries/{number}")
def read(number: int, database: Database):
    entry = database.get(Entry, number)
    if entry is None:
        raise HTTPException(404)
    return {"id": entry.id, "text": entry.text}
