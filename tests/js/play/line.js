// The network between one page and the server: late, in pieces, cut at any moment.

import { asked } from "./asked.js";
import { said } from "./said.js";

const [UP, DOWN, OPENING, ANSWER] = [40, 60, 50, 300]; // ms, at most

/** One socket as the server has it: what it follows, and what is on its way to the page. */
class Wire {
  subs = new Set();
  follows = new Set();
  #queue = [];
  #held = null;
  #going = false;

  constructor(line, socket) {
    this.line = line;
    this.socket = socket;
    this.open = true;
  }

  hear(frame) {
    if (this.#held) this.#held.push(frame);
    else if (this.open) this.#queue.push(JSON.stringify(frame));
    this.#pump();
  }

  /** Keep what is said until the call of what this returns, which has it. */
  hold() {
    this.#held = [];
    return () => {
      const held = this.#held;
      this.#held = null;
      return held;
    };
  }

  /** Each frame in a turn of its own, as browsers do; often several at one moment. */
  #pump() {
    const { clock, random } = this.line;
    if (this.#going || !this.#queue.length) return;
    this.#going = true;
    clock.later(random() < 0.7 ? 0 : random() * DOWN, () => {
      this.#going = false;
      const data = this.#queue.shift();
      if (this.open && this.socket.readyState === 1) {
        this.line.log(`hears ${data}`);
        this.socket.onmessage?.({ data });
      }
      this.#pump();
    });
  }

  /** @param {boolean} told whether the page hears that it is over */
  cut(told) {
    if (!this.open) return;
    this.open = false;
    this.line.server.sockets.delete(this);
    this.socket.readyState = 3;
    if (told) this.line.clock.later(1, () => this.socket.onclose?.({ code: 1006 }));
  }
}

/** `now`, `later`, `socket`, `fetch`… for one page: a World as stand.js has it. */
export class Line {
  #down = false;
  #dead = false;
  #wires = [];
  loss = 0.05; // of calls by HTTP, each way
  looking = () => true;
  path = () => "/";

  /** @param {(what: string) => void} log */
  constructor(server, clock, random, log) {
    Object.assign(this, { log, server, clock, random, now: () => clock.at });
    this.later = (ms, act) => clock.later(ms, () => this.#dead || act());
    this.socket = () => this.#opened();
    this.fetch = (path, options) => this.#fetched(path, options);
    this.go = this.reload = () => {
      throw new Error("the page was left");
    };
  }

  #opened() {
    const { clock, random, server } = this;
    const send = (text) => {
      this.log(`says ${text}`);
      if (socket.readyState === 1) clock.later(random() * UP, () => wire.open && said(server, wire, JSON.parse(text)));
    };
    const socket = { readyState: 0, send, close: () => wire.cut(false) };
    const wire = new Wire(this, socket);
    this.#wires.push(wire);
    clock.later(random() * OPENING, () => {
      if (this.#down) return wire.cut(true);
      if (!wire.open) return;
      socket.readyState = 1;
      server.sockets.add(wire);
      socket.onopen?.({});
    });
    return socket;
  }

  /** @returns {Promise<Response>} it may have been carried out also where it fails */
  #fetched(path, { method = "GET", body }) {
    const { clock, random } = this;
    return new Promise((resolve, reject) => {
      const lost = () => this.#down || random() < this.loss;
      const fail = () => {
        this.log(`misses ${method} ${path}`);
        reject(new TypeError("the network is gone"));
      };
      if (this.#dead) return;
      clock.later(random() * UP, () => {
        if (lost()) return clock.later(random() * ANSWER, fail);
        const [status, found] = asked(this.server, method, path, body && JSON.parse(body));
        const text = found === null ? null : JSON.stringify(found);
        clock.later(random() * ANSWER, () => {
          if (lost()) return fail();
          this.log(`has ${method} ${path} ${status} ${text}`);
          resolve(new Response(text, { status }));
        });
      });
    });
  }

  drop() {
    this.#wires.findLast((wire) => wire.open && wire.socket.readyState === 1)?.cut(true);
  }

  /** @param {boolean} down no connection comes about */
  fall(down) {
    this.#down = down;
    if (down) this.drop();
  }

  /** The page is gone: nobody hears anything. */
  die() {
    this.#dead = true;
    for (const wire of this.#wires) {
      wire.socket.onmessage = wire.socket.onclose = null;
      wire.cut(false);
    }
  }
}
