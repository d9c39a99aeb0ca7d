"""A headless Chromium, driven over its own DevTools protocol: enough to use the page as a person does."""

import asyncio
import base64
import itertools
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.patience import PATIENCE

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Space": 32}


class Tab:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.numbers = itertools.count(1)
        self.answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.complaints: list[str] = []  # errors that the page's scripts or its console raised
        self.listener = asyncio.create_task(self.listen())

    async def listen(self) -> None:
        async for received in self.socket:
            packet = json.loads(received.data)
            if "id" in packet:
                self.answers.pop(packet["id"]).set_result(packet)
            elif packet["method"] == "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(packet["params"]["exceptionDetails"])[:500])
            elif packet["method"] == "Log.entryAdded" and packet["params"]["entry"]["level"] == "error":
                self.complaints.append(packet["params"]["entry"]["text"] + packet["params"]["entry"].get("url", ""))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.numbers)
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": params})
        packet = await answer
        assert "error" not in packet, f"{method}: {packet['error']}"
        result: dict[str, Any] = packet["result"]
        return result

    async def open(self, url: str) -> None:
        for domain in ("Page", "Runtime", "Log", "DOM"):
            await self.call(f"{domain}.enable")
        await self.call("Page.navigate", url=url)
        await self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    async def evaluate(self, script: str) -> Any:
        """The value of an expression in the page; promises are awaited."""
        result = await self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, f"{script}: {result['exceptionDetails']}"
        return result["result"].get("value")

    async def wait(self, script: str) -> Any:
        """The first true value of an expression."""
        end = asyncio.get_running_loop().time() + PATIENCE
        shown = f"(async () => {{ const found = await ({script}); return found instanceof Node || found; }})()"
        while not (value := await self.evaluate(shown)):
            assert asyncio.get_running_loop().time() < end, f"never true: {script}\n{self.complaints}"
            await asyncio.sleep(0.05)
        return value

    async def text(self, selector: str) -> str:
        return str(await self.wait(f"document.querySelector({selector!r})?.innerText"))

    async def click(self, selector: str, words: str = "") -> None:
        """Click in the middle of the last visible match that shows these words, with a real mouse event."""
        find = (
            f"[...document.querySelectorAll({selector!r})]"
            f".findLast((n) => n.checkVisibility({{visibilityProperty: true}}) && n.innerText.includes({words!r}))"
        )
        x, y = await self.wait(
            f"(() => {{ const n = {find}; if (!n) return null;"
            "n.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const r = n.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def type(self, text: str) -> None:
        await self.call("Input.insertText", text=text)

    async def press(self, key: str, *, shift: bool = False) -> None:
        code = KEYS[key]
        text = {"Enter": "\r", "Space": " "}.get(key)
        more = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code}
        more["modifiers"] = 8 if shift else 0
        await self.call("Input.dispatchKeyEvent", type="keyDown", **more, **({"text": text} if text else {}))
        await self.call("Input.dispatchKeyEvent", type="keyUp", **more)

    async def put_files(self, selector: str, *paths: Path) -> None:
        """Choose files in a file input."""
        root = await self.call("DOM.getDocument")
        node = await self.call("DOM.querySelector", nodeId=root["root"]["nodeId"], selector=selector)
        await self.call("DOM.setFileInputFiles", nodeId=node["nodeId"], files=[str(path) for path in paths])

    async def look(self, *, dark: bool = False, width: int = 1280, height: int = 860, touch: bool = False) -> None:
        """Day or night, and the size of the window."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        calm = {"name": "prefers-reduced-motion", "value": "reduce"}  # nothing slides away from under the mouse
        await self.call("Emulation.setEmulatedMedia", features=[scheme, calm])
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch
        )

    async def screenshot(self, path: Path) -> None:
        shot = await self.call("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


@asynccontextmanager
async def browser(url: str, *more: str) -> AsyncIterator[Tab]:
    """Chromium with one tab at `url`; `more` options of its command line."""
    assert CHROMIUM
    folder = Path(tempfile.mkdtemp(prefix="encore-browser-"))
    options = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    options += ("--remote-debugging-port=0", "--autoplay-policy=no-user-gesture-required", "--mute-audio")
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *options,
        *more,
        f"--user-data-dir={folder}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with aiohttp.ClientSession() as session:
            port = await debugging_port(folder / "DevToolsActivePort")
            async with session.get(f"http://127.0.0.1:{port}/json") as answer:
                address = next(tab for tab in await answer.json() if tab["type"] == "page")["webSocketDebuggerUrl"]
            async with session.ws_connect(address, max_msg_size=0) as socket:
                tab = Tab(socket)
                await tab.open(url)
                yield tab
                tab.listener.cancel()
    finally:
        process.terminate()
        await process.wait()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def debugging_port(path: Path) -> int:
    end = asyncio.get_running_loop().time() + PATIENCE
    while asyncio.get_running_loop().time() < end:
        text = await asyncio.to_thread(lambda: path.read_text() if path.exists() else "")
        if "\n" in text:
            return int(text.split("\n")[0])
        await asyncio.sleep(0.05)
    raise AssertionError("Chromium did not open its debugging port")
