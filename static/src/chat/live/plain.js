/**
 * Where websockets are blocked: the same messages by HTTP, the answers as server-sent events (docs/protocol.md,
 * By HTTP).
 */

import { ApiError } from "./errors.js";

/** @typedef {import("./live.js").Live} Live */
/** @typedef {{ id: string, data: string }} Event */

const ADDRESS = "/api/conversations";
const TRIES = 5; // in a row that brought nothing, to read on where a stream broke
const PAUSE = 1_000; // ms before each, longer each time
const TITLED = 2_000; // ms after an answer in which its conversation has got a title

/**
 * Ask, and hear the answer out. Returns once there is nothing more to hear.
 * @param {Live} live @param {any} frame what the socket would have been told
 * @param {(frame: any) => void} hear each frame of the answer
 */
export async function askByHttp(live, frame, hear) {
  const { c = live.store.generation(frame.g)?.c, ...body } = frame;
  const path = c === null ? ADDRESS : `${ADDRESS}/${c}/messages`;
  const answer = await live.api.answer("POST", path, { body });
  if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) {
    const said = await answer.json();
    hear(said.t === "ack" ? said : { t: "ack", id: frame.id, c });
    if (said.t !== "ack") hear(said);
    return;
  }
  let where = c;
  const last = await listen(answer, (heard) => {
    where ??= heard.c;
    hear(heard);
  });
  if (last !== null && !(await readOn(live, where, last, hear))) await live.history(where);
  live.world.later(TITLED, () => void live.card(where));
}

/**
 * What is being written in a conversation, from where it was seen.
 * @param {Live} live @param {string} c @param {{ g: string, s: number }} seen @param {(frame: any) => void} hear
 * @returns {Promise<boolean>} whether its end was heard
 */
export function followByHttp(live, c, { g, s }, hear) {
  return readOn(live, c, `${g}:${s}`, hear);
}

/**
 * @param {Live} live @param {string} c @param {string} last the id of the last event @param {(frame: any) => void} hear
 * @returns {Promise<boolean>} whether it came to its end
 */
async function readOn(live, c, last, hear) {
  /** @type {string | null} */
  let at = last;
  for (let vain = 0; at !== null && vain < TRIES; ) {
    const before = at;
    if (vain) await new Promise((resolve) => live.world.later(PAUSE * vain, () => resolve(null)));
    try {
      const headers = { Accept: "text/event-stream", "Last-Event-ID": at };
      at = await listen(await live.api.answer("GET", `${ADDRESS}/${c}/messages`, { headers }), hear, at);
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 500) break;
    }
    vain = at === before ? vain + 1 : 0; // a proxy may cut a long answer any number of times
  }
  return at === null;
}

/**
 * @param {Response} answer @param {(frame: any) => void} hear @param {string} [last]
 * @returns {Promise<string | null>} where to read on; null: it came to its end
 */
async function listen(answer, hear, last = "") {
  let at = last;
  try {
    for await (const event of events(answer)) {
      const frame = JSON.parse(event.data);
      at = event.id || at;
      if (frame.t === "ack") at ||= `${frame.g}:0`;
      hear(frame);
      if (frame.t === "gen.end" || frame.t === "error") return null;
    }
  } catch {
    // the connection broke
  }
  return at || null;
}

/** @param {Response} answer @returns {AsyncGenerator<Event>} */
async function* events(answer) {
  if (!answer.body) return;
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (/** @type {string} */ name) => block.split("\n").filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2)).join("\n");
      if (field("data")) yield { id: field("id"), data: field("data") };
    }
  }
}
