"""What the gateway's ingest is measured beside: the same promise, as it is usually written in Python.

POST /events with a bearer key: 202 once the event is durable in SQLite (write-ahead log, synchronous=FULL; requests
that wait at the same time share a commit), then on to Kafka with aiokafka.

    python fastapi_ingest.py PORT BOOTSTRAP_SERVERS FOLDER KEY
"""

import asyncio
import hashlib
import queue
import sqlite3
import sys
import threading
from contextlib import asynccontextmanager

import uvicorn
from aiokafka import AIOKafkaProducer
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

port, servers, folder, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
known = hashlib.sha256(key.encode()).digest()
waiting: queue.Queue = queue.Queue()


class Event(BaseModel):
    id: str
    name: str
    body: str
    timestamp: str


def write(loop):
    """Takes all that waits, and commits it at once."""
    store = sqlite3.connect(f"{folder}/peer.sqlite", isolation_level=None)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = FULL")
    store.execute(
        "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, name TEXT, body TEXT, timestamp TEXT, status TEXT)")
    while True:
        units = [waiting.get()]
        while not waiting.empty() and len(units) < 512:
            units.append(waiting.get())
        store.execute("BEGIN IMMEDIATE")
        answers = []
        for event, _ in units:
            cursor = store.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, 'RECEIVED') ON CONFLICT (id) DO NOTHING",
                (event.id, event.name, event.body, event.timestamp))
            answers.append(cursor.rowcount == 1)
        store.execute("COMMIT")
        loop.call_soon_threadsafe(settle, units, answers)


def settle(units, answers):
    for (_, future), is_new in zip(units, answers):
        future.set_result(is_new)


async def tell():
    """Says so when the port is open."""
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            print("ready", flush=True)
            return
        except OSError:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def lifespan(app):
    threading.Thread(target=write, args=(asyncio.get_running_loop(),), daemon=True).start()
    app.state.producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=5)
    await app.state.producer.start()
    asyncio.get_running_loop().create_task(tell())
    yield
    await app.state.producer.stop()


app = FastAPI(lifespan=lifespan)


@app.post("/events")
async def take(event: Event, request: Request):
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    if hashlib.sha256(shown.encode()).digest() != known:
        raise HTTPException(401)
    future = asyncio.get_running_loop().create_future()
    waiting.put((event, future))
    if await future:
        await app.state.producer.send("event.received", event.model_dump_json().encode(), key=event.id.encode())
    return JSONResponse({"id": event.id, "status": "RECEIVED"}, 202)


uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
