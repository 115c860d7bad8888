/** What the dialogue shows, in order, from what the store knows. */

/** @typedef {import("./message.js").Item} Item */
/** @typedef {import("./message.js").Message} Message */

/** @typedef {import("../store.js").Store} Store */

/**
 * @param {Store} store
 * @returns {Item[]}
 */
export function itemsOf(store) {
  const branch = store.branch();
  const card = store.open === null ? undefined : store.cards.get(store.open);
  const about = {
    may: mayAsk(store) && (card ? card.may.includes("continue") : store.open === null),
    busy: store.open !== null && store.running(store.open) !== undefined,
    window: store.contextLength ?? null,
    last: false,
  };
  const named = card?.team ? store.me.name : null;
  const items = branch.map((message, index) => itemOf(store, message, { ...about, last: index === branch.length - 1 }, named));
  const asked = branch.at(-1)?.pending;
  if (asked?.state === "sending") items.push(waiting(asked.id));
  return items;
}

/** Whether this person may ask anything at all. @param {Store} store @returns {boolean} */
export function mayAsk(store) {
  return store.can("chat:write") && store.connection.phase !== "denied";
}

/**
 * @param {Store} store @param {Message} message
 * @param {Pick<Item, "last" | "may" | "busy" | "window">} about
 * @param {string | null} named the reader's name, where others may ask too
 * @returns {Item}
 */
function itemOf(store, message, about, named) {
  const { pending } = message;
  const kind = message.role === "mark" ? "mark" : message.role === "user" ? "question" : "answer";
  const theirs = message.asker_id === undefined ? named !== null && message.asker !== named : message.asker_id !== store.me.id;
  const foreign = kind === "question" && !pending && theirs; // names may be alike
  return {
    ...about,
    kind,
    key: message.id,
    message,
    live: message.live ?? (message.generation ? store.generation(message.generation) : undefined),
    pending,
    versions: pending || kind === "mark" ? [] : store.siblings(message.id),
    asker: foreign ? (message.asker ?? "?") : null,
  };
}

/** Dots under a question that is on its way. @param {string} id @returns {Item} */
function waiting(id) {
  /** @type {Message} */
  const message = {
    id: `wait:${id}`, parent: id, role: "assistant", asker: null, text: "", thinking: "", images: [], model: "",
    state: "generating", reason: null, error: null, usage: null, generation: null, created: "",
  };
  return { key: message.id, kind: "answer", message, last: true, may: false, busy: true, window: null, versions: [], asker: null };
}

/**
 * The question on its way that this stored question was: it keeps its place on the page.
 * @param {Item} item @param {Item[]} gone the items whose place is free now
 * @returns {Item | undefined}
 */
export function formerly(item, gone) {
  return item.message.sent ? gone.find((one) => one.key === item.message.sent) : undefined;
}
