/** The sandbox server: one POST per verb, one websocket for what happens meanwhile. */

const RETRY_MS = [300, 700, 1500, 3000];
const PATIENCE_MS = 20_000;

/** Calls a verb; resolves to the answer, rejects with a sentence for a person. */
export async function call(verb, body) {
  let answer;
  try {
    const response = await fetch(`/page/api/${verb}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    answer = await response.json();
  } catch (fault) {
    const late = fault.name === "TimeoutError";
    throw new Error(late ? "The sandbox did not answer in time." : "The sandbox cannot be reached.", { cause: fault });
  }
  if (!answer.ok) throw new Error(answer.error || "The sandbox refused.");
  return answer;
}

/** The live connection of the person acting; reconnects until it is closed for good. */
export class Live {
  #user;
  #handlers;
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #closed = false;

  /** `handlers`: `open()`, `push(message)`, `lost()`. */
  constructor(user, handlers) {
    this.#user = user;
    this.#handlers = handlers;
    this.#connect();
  }

  #connect() {
    const url = new URL(`/page/socket?user=${encodeURIComponent(this.#user)}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#attempt = 0;
      if (!this.#closed) this.#handlers.open();
    });
    socket.addEventListener("message", (event) => {
      if (!this.#closed) this.#handlers.push(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (this.#closed) return;
      this.#handlers.lost();
      const wait = RETRY_MS[Math.min(this.#attempt++, RETRY_MS.length - 1)];
      this.#timer = setTimeout(() => this.#connect(), wait);
    });
  }

  /** Tries at once instead of waiting for the next turn. */
  retry() {
    if (this.#closed || this.#socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Gives this socket up; the next one follows by itself. */
  drop() {
    this.#socket.close();
  }

  /** Ends the connection for good. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.close();
  }
}
