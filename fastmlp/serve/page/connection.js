// The websocket: it says hello, reconnects with growing pauses, and sends drawings one at a time.

import { decode, encodeDrawing } from "./protocol.js";

/** @typedef {import("./protocol.js").Message} Message */
/**
 * @typedef {object} Listener
 * @property {(message: Record<string, any>) => void} onText
 * @property {(message: Message) => void} onBinary
 * @property {(status: "open" | "lost" | "ended", reason: string) => void} onStatus "ended": it does not try again
 * @property {() => Record<string, any>} hello the first message
 */

const PAUSES = [500, 1000, 2000, 4000, 5000]; // ms
const FINAL = [4409, 4429]; // codes after which the page does not reconnect by itself
const PATIENCE = 200; // ms after which a drawing that was not answered is forgotten

export class Connection {
  /**
   * @param {string} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.url = url;
    this.listener = listener;
    this.failures = 0;
    this.seq = 0;
    /** @type {Uint8Array | null} the newest drawing that has not been sent */ this.waiting = null;
    this.side = 28;
    this.isAsking = false;
    this.timer = 0;
    /** @type {WebSocket | null} */ this.socket = null;
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.addEventListener("open", () => {
      this.failures = 0;
      this.isAsking = false;
      this.send(this.listener.hello());
      this.listener.onStatus("open", "");
    });
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket === this.socket) this.#closed(code, reason);
    });
  }

  /** @type {(code: number, reason: string) => void} */
  #closed(code, reason) {
    if (FINAL.includes(code)) {
      this.listener.onStatus("ended", reason);
      return;
    }
    this.listener.onStatus("lost", reason);
    const pause = PAUSES[Math.min(this.failures++, PAUSES.length - 1)];
    this.timer = window.setTimeout(() => this.open(), pause);
  }

  /** @param {string | ArrayBuffer} data */
  #receive(data) {
    if (typeof data === "string") {
      this.listener.onText(JSON.parse(data));
      return;
    }
    const message = decode(data);
    if (message.header.type === "answer" && message.header.seq === this.seq) this.#answered();
    this.listener.onBinary(message);
  }

  /** @param {Record<string, any>} message */
  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /**
   * Send a drawing, or the newest of several as soon as the last one is answered.
   * @param {Uint8Array} pixels
   */
  sendDrawing(pixels) {
    this.waiting = pixels;
    if (!this.isAsking) this.#sendNewest();
  }

  #sendNewest() {
    if (!this.waiting || this.socket?.readyState !== WebSocket.OPEN) return;
    this.seq = (this.seq + 1) % 65536;
    this.socket.send(encodeDrawing(this.seq, this.side, this.waiting));
    this.waiting = null;
    this.isAsking = true;
    const { seq } = this;
    setTimeout(() => {
      if (this.isAsking && this.seq === seq) this.#answered();
    }, PATIENCE);
  }

  #answered() {
    this.isAsking = false;
    this.#sendNewest();
  }

  /** Forget a drawing that waits: another image is shown. */
  forgetDrawing() {
    this.waiting = null;
  }
}
