from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
HISTORY = ("hello", "is anybody there?", "yes")


@app.websocket("/rooms/{room}")
async def chat(websocket: WebSocket, room: str):
    await websocket.accept()
    await websocket.send_text(f"welcome to {room}")
    try:
        while True:
            said = await websocket.receive_json()
            if said["do"] == "say":
                await websocket.send_json({"said": said["text"], "length": len(said["text"])})
            else:
                for line in HISTORY:
                    await websocket.send_json({"said": line})
    except WebSocketDisconnect:
        pass
