// What holds of a page: always, and when all has come to rest.

/** @returns {string[]} what is wrong at this moment */
export function wrongNow({ store }, server) {
  const wrong = [];
  const asked = store.branch().filter((message) => message.role === "user").map((message) => message.text);
  const twice = asked.filter((text, at) => asked.indexOf(text) !== at);
  if (twice.length) wrong.push(`shown twice: ${twice}`);
  for (const live of store.generations.values()) {
    const answer = server.answers.get(live.g);
    if (answer && !answer.message.text.startsWith(live.text)) wrong.push(`never written: ${live.g} ${JSON.stringify(live.text)}`);
  }
  return wrong;
}

/** @returns {string[]} what is wrong with the server */
export function wrongWith(server) {
  return [...server.stored].filter(([, times]) => times > 1).map(([text, times]) => `stored ${times} times: ${text}`);
}

/** @returns {string[]} what is wrong with a page that rests */
export function wrongAtRest(page, server) {
  return [...unsent(page), ...running(page), ...list(page, server), ...dialogue(page, server)];
}

const REFUSALS = ["busy", "not_found", "not_continuable"];

function unsent({ store }) {
  return store.outbox.filter((one) => !REFUSALS.includes(one.error?.code)).map((one) => `not sent: ${one.text} ${one.state} ${one.error?.code}`);
}

function running({ store }) {
  return [...store.generations.values()].filter((live) => live.state !== "done").map((live) => `still ${live.state}: ${live.g}`);
}

function list({ store }, server) {
  const wrong = [];
  for (const card of store.cards.values()) {
    const where = server.conversations.get(card.id);
    if (card.running) wrong.push(`card runs: ${card.id}`);
    if (where.deleted) wrong.push(`card of a deleted one: ${card.id}`);
    else if (where.title !== card.title) wrong.push(`card ${card.id}: ${card.title}, not ${where.title}`);
  }
  for (const { id, updated } of server.listed()) {
    if (updated >= store.listEnd && !store.order.includes(id)) wrong.push(`not listed: ${id}`);
  }
  return wrong;
}

function dialogue({ store }, server) {
  if (store.open === null) return [];
  const where = server.conversations.get(store.open);
  if (where.deleted) return store.missing ? [] : ["shown though deleted"];
  if (store.missing) return ["missing though there"];
  const wrong = store.chat.loading ? ["loading"] : [];
  for (const message of store.chat.messages.values()) {
    const stored = where.messages.get(message.id);
    if (!stored) wrong.push(`no such message: ${message.id}`);
    else wrong.push(...["text", "parent", "state"].filter((name) => message.role !== "mark" && (name !== "state" || message.role === "assistant") && message[name] !== stored[name]).map((name) => `${name} of ${message.id}: ${JSON.stringify(message[name])}, not ${JSON.stringify(stored[name])}`));
    if (message.live) wrong.push(`still live: ${message.id}`);
  }
  for (const { id } of server.history(where).messages) if (!store.chat.messages.has(id)) wrong.push(`not known: ${id}`);
  if (!store.branch().length && where.messages.size) wrong.push("an empty branch");
  return wrong;
}
