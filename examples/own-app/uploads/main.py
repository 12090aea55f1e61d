import hashlib

from fastapi import FastAPI, Form, UploadFile

app = FastAPI()


@app.post("/photos", status_code=201)
async def upload(photo: UploadFile, album: str = Form()):
    digest, size = hashlib.sha256(), 0
    while chunk := await photo.read(64 * 1024):
        digest.update(chunk)
        size += len(chunk)
    return {"album": album, "name": photo.filename, "bytes": size, "sha256": digest.hexdigest()}
