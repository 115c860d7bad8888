// What a client says on a socket, and what the server makes of it.

import { READY } from "../live/stand.js";

const FREE = new Set(["hello", "ping", "sub", "unsub", "resume"]);

/** @param {import("./server.js").Server} server @param {any} socket @param {any} frame */
export function said(server, socket, frame) {
  if (FREE.has(frame.t)) heard[frame.t](server, socket, frame);
  else once(server, socket, frame);
}

/** The same id is answered as it was, and does nothing more. */
function once(server, socket, frame) {
  const before = server.acks.get(frame.id);
  if (before) {
    socket.hear(before);
    if (before.g) join(server, socket, server.answers.get(before.g));
    return;
  }
  const refused = (code) => socket.hear({ t: "error", id: frame.id, code, key: "", args: {}, retry: true, ref: "" });
  if (frame.t === "chat.stop") return stop(server, socket, frame, refused);
  const where = frame.c === null ? server.begin() : server.conversations.get(frame.c);
  if (!where || where.deleted) return refused("not_found");
  if (server.running(where)) return refused("busy");
  heard[frame.t](server, socket, frame, where, refused);
}

function acked(server, socket, frame, more) {
  const ack = { t: "ack", id: frame.id, ...more };
  server.acks.set(frame.id, ack);
  socket.hear(ack);
}

function stop(server, socket, frame, refused) {
  const answer = server.answers.get(frame.g);
  if (!answer) return refused("not_found");
  acked(server, socket, frame, { g: frame.g });
  if (!answer.over) server.end(answer, "stopped");
}

/** Who asked follows the answer; the ack is said before all that is said of it. */
function answered(server, socket, frame, where, ids, parent, again = null) {
  socket.subs.add(where.id);
  const release = socket.hold();
  const answer = server.answer(where, parent, again);
  socket.follows.add(answer.g);
  const held = release();
  acked(server, socket, frame, { c: where.id, ...ids, ma: answer.m, g: answer.g });
  for (const one of held) socket.hear(one);
  server.tell({ t: "conv.updated", c: where.id, title: where.title, team: null, updated: where.updated });
}

function join(server, socket, answer) {
  socket.subs.add(answer.c);
  if (!socket.follows.has(answer.g)) resume(server, socket, { g: answer.g, s: 0 });
}

function resume(server, socket, { g, s }) {
  const answer = server.answers.get(g);
  if (!answer) return socket.hear({ t: "error", g, code: "not_found", key: "", args: {}, retry: false, ref: "" });
  socket.follows.add(g);
  if (server.random() < 0.3 && answer.log.length) socket.hear(server.snapshot(answer));
  else for (const frame of answer.log.slice(s)) socket.hear(frame);
  if (answer.over) socket.hear(answer.over);
}

const heard = {
  hello(server, socket, { have = [], focus }) {
    const running = [...server.answers.values()].filter((answer) => !answer.over);
    socket.hear({ ...READY, running: running.map(({ g, c, m, log }) => ({ g, c, m, s: log.length })) });
    for (const one of have) resume(server, socket, one);
    if (focus) heard.sub(server, socket, { c: focus });
  },
  ping: (server, socket, { n }) => socket.hear({ t: "pong", n }),
  sub(server, socket, { c }) {
    const where = server.conversations.get(c);
    if (!where || where.deleted) return;
    socket.subs.add(c);
    const answer = server.running(where);
    if (!answer) return;
    socket.follows.add(answer.g);
    socket.hear(server.snapshot(answer));
  },
  unsub: (server, socket, { c }) => socket.subs.delete(c),
  resume,
  "chat.send"(server, socket, frame, where) {
    const parent = frame.parent === undefined ? where.leaf : frame.parent;
    const question = server.put(where, "user", parent, { text: frame.text });
    server.stored.set(frame.text, (server.stored.get(frame.text) ?? 0) + 1);
    where.title ||= frame.text;
    answered(server, socket, frame, where, { mu: question.id }, question.id);
  },
  "chat.regen"(server, socket, frame, where, refused) {
    const message = where.messages.get(frame.m);
    const followed = [...where.messages.values()].some((one) => one.parent === message.id);
    if (!frame.more) return answered(server, socket, frame, where, {}, message.role === "user" ? message.id : message.parent);
    if (message.role !== "assistant" || followed) return refused("not_continuable");
    answered(server, socket, frame, where, {}, message.parent, message);
  },
  "context.clear"(server, socket, frame, where) {
    if (where.messages.get(where.leaf)?.role !== "mark") server.put(where, "mark", where.leaf, { state: null });
    acked(server, socket, frame, { c: where.id });
    server.tellThere(where.id, { t: "context.cleared", c: where.id, after: where.leaf });
  },
};
