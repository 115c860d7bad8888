// The server's HTTP: the list, a card, messages, what changes them.

import { ROWS } from "./server.js";

const ADDRESS = /^\/api\/conversations\/([^/]+)(?:\/(\w+))?$/;
const GONE = [404, { error: { code: "not_found" } }];

/** @param {import("./server.js").Server} server @returns {[number, any]} status, body */
export function asked(server, method, address, body) {
  const [path, query] = address.split("?");
  const given = new URLSearchParams(query ?? "");
  if (path === "/api/conversations") return [200, list(server, given.get("cursor"))];
  const [, c, rest] = ADDRESS.exec(path) ?? [];
  const where = server.conversations.get(c);
  if (!where) return GONE;
  if (rest === "undo") return undo(server, where);
  if (where.deleted) return GONE;
  if (method === "DELETE") return remove(server, where);
  if (method === "PATCH") return change(server, where, body);
  return [200, rest === "messages" ? server.history(where, given.get("before")) : server.card(where)];
}

/** One page of the list. */
export function list(server, cursor = null) {
  const all = server.listed().filter((one) => cursor === null || one.updated < cursor);
  const rows = all.slice(0, ROWS);
  const page = { conversations: rows.map((one) => server.card(one)), next: all.length > ROWS ? rows.at(-1).updated : null };
  return cursor === null ? { ...page, pinned: [] } : page;
}

/** What a page starts with. */
export function facts(server, open) {
  const where = server.conversations.get(open);
  const there = where && !where.deleted;
  return { list: list(server), open: there ? { conversation: server.card(where), ...server.history(where) } : null };
}

function undo(server, where) {
  where.deleted = false;
  server.tell({ t: "conv.updated", c: where.id, title: where.title, team: null, updated: where.updated });
  return [200, server.card(where)];
}

export function remove(server, where) {
  where.deleted = true;
  const answer = server.running(where);
  if (answer) server.end(answer, "stopped");
  server.tell({ t: "conv.deleted", c: where.id });
  return [204, null];
}

export function change(server, where, { leaf, title }) {
  if (leaf) where.leaf = leaf;
  if (title) {
    Object.assign(where, { title, titled: true });
    server.tell({ t: "conv.updated", c: where.id, title });
  }
  return [200, server.card(where)];
}
