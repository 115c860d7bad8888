/** A conversation as a tree of messages, of which one branch is shown. Pure. */

/** @typedef {import("../shapes").Chat} Chat */
/** @typedef {import("../shapes").Message} Message */
/** @typedef {import("../shapes").Pending} Pending */

/** @param {string | null} id @returns {Chat} */
export function emptyChat(id) {
  return { id, messages: new Map(), children: new Map(), leaf: null, before: null, loading: false };
}

/** Put a message in its place; its own id says when it was made. @param {Chat} chat @param {Message} message */
export function put(chat, message) {
  const before = chat.messages.get(message.id);
  if (before && before.parent !== message.parent) leave(chat, before);
  chat.messages.set(message.id, message);
  const there = chat.children.get(message.parent ?? "") ?? [];
  if (!there.includes(message.id)) chat.children.set(message.parent ?? "", [...there, message.id].sort());
}

/** @param {Chat} chat @param {Message} message */
function leave(chat, message) {
  const there = chat.children.get(message.parent ?? "") ?? [];
  chat.children.set(message.parent ?? "", there.filter((id) => id !== message.id));
}

/** The messages from the first loaded one to `leaf`. @param {Chat} chat @param {string | null} leaf @returns {Message[]} */
export function path(chat, leaf) {
  const found = [];
  for (let at = leaf === null ? undefined : chat.messages.get(leaf); at; at = chat.messages.get(at.parent ?? "")) {
    if (found.length > chat.messages.size) break; // a circle, which no server sends
    found.push(at);
  }
  return found.reverse();
}

/**
 * What is shown: the branch, then the questions on their way, but for those that are stored, of which the server has
 * not said so yet. One that edits an earlier question is shown in its place.
 * @param {Chat} chat @param {Pending[]} pendings those of this conversation @param {{ id: string, name: string }} asker
 * @returns {Message[]}
 */
export function branch(chat, pendings, asker) {
  let shown = path(chat, chat.leaf);
  for (const pending of pendings) {
    if (shown.some((message) => became(pending, message, asker.id))) continue;
    if (pending.parent !== undefined) {
      const place = shown.findIndex((message) => message.id === pending.parent);
      if (place >= 0 || pending.parent === null) shown = shown.slice(0, place + 1);
    }
    shown = [...shown, asMessage(pending, shown.at(-1)?.id ?? null, asker.name)];
  }
  return shown;
}

/** Whether this is what was said: newer than all that was known then. @param {Pending} pending @param {Message} message @param {string} asker */
function became({ after, body, text }, message, asker) {
  const { parent = message.parent } = body ?? {};
  return after !== undefined && message.id > after && message.parent === parent && message.asker_id === asker && message.text === text && message.role === "user";
}

/** @param {Pending} pending @param {string | null} parent @param {string} asker @returns {Message} */
function asMessage(pending, parent, asker) {
  const images = pending.images.map((image) => image.id);
  return { ...question(pending.id, parent, pending.text, images, asker, pending.at), pending };
}

/**
 * @param {string} id @param {string | null} parent @param {string} text @param {string[]} images
 * @param {string} asker @param {number} at @returns {Message}
 */
export function question(id, parent, text, images, asker, at) {
  return { ...blank(id, parent, at), role: "user", asker, text, images };
}

/** @param {string} id @param {string | null} parent @param {import("../shapes").Generation} live @returns {Message} */
export function answer(id, parent, live) {
  return {
    ...blank(id, parent, live.began), role: "assistant", asker: live.asker?.name ?? null, model: live.model,
    state: "queued", generation: live.g, live,
  };
}

/** @param {string} id @param {string | null} parent @param {number} at @returns {Message} */
function blank(id, parent, at) {
  return {
    id, parent, role: "user", asker: null, text: "", thinking: "", images: [], model: "", state: null,
    reason: null, error: null, usage: null, generation: null, created: new Date(at).toISOString(),
  };
}

/** The versions beside a message, in the order they were made, marks left out. @param {Chat} chat @param {string} id */
export function siblings(chat, id) {
  const message = chat.messages.get(id);
  if (!message) return [];
  const there = chat.children.get(message.parent ?? "") ?? [];
  return there.filter((one) => chat.messages.get(one)?.role !== "mark");
}

/** The newest end of the branches through a message; a mark at the end may have been taken back. @param {Chat} chat @param {string} id @returns {string} */
export function newestLeaf(chat, id) {
  let at = id;
  for (let next = chat.children.get(at)?.at(-1); next; next = chat.children.get(at)?.at(-1)) at = next;
  const message = chat.messages.get(at);
  return message?.role === "mark" && message.parent !== null && at !== id ? message.parent : at;
}

/** Whether what follows `parent` goes on at the end that is shown, or stands in its place; a mark there is none. @param {Chat} chat @param {string | null} parent */
export function endsAt(chat, parent) {
  const shown = chat.messages.get(chat.leaf ?? "");
  const last = shown?.role === "mark" ? chat.messages.get(shown.parent ?? "") : undefined;
  return shown !== undefined && [shown.id, shown.parent, last?.parent].includes(parent);
}

/** Whether `older` is on the way from the first message to `leaf`. @param {Chat} chat @param {string} older @param {string} leaf */
export function leadsTo(chat, older, leaf) {
  return path(chat, leaf).some((message) => message.id === older);
}
