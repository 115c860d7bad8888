/** What the box may do at this moment, read off the store. No page in here. */

import { t } from "../../lib/texts.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {{ key: string, args?: Record<string, string | number> }} Words */

/**
 * Why there is no box, or null.
 * @param {Store} store @returns {Words | null}
 */
export function locked(store) {
  if (store.connection.phase === "denied") return { key: "composer.locked.denied" };
  if (!store.can("chat:write")) return { key: "composer.locked.scope", args: { scope: "chat:write" } };
  if (store.missing) return { key: "composer.locked.missing" };
  const card = openCard(store);
  if (card && !card.may.includes("continue")) return { key: "composer.locked.reader" };
  return null;
}

/** @param {Store} store */
export function openCard(store) {
  return store.open === null ? undefined : store.cards.get(store.open);
}

/** @param {Store} store */
export function running(store) {
  return store.open === null ? undefined : store.running(store.open);
}

/**
 * Whether this person may stop the answer that is being written: who asked, the owner, the team's lead.
 * @param {Store} store @returns {boolean}
 */
export function mayStop(store) {
  const generation = running(store);
  const card = openCard(store);
  if (!generation) return false;
  if (!card || card.mine || (card.team !== null && store.leads.has(card.team))) return true;
  return generation.asker === null || generation.asker.id === store.me.id;
}

/** Why nothing can be sent while an answer is written. @param {Store} store @returns {string} */
export function whoRuns(store) {
  const asker = running(store)?.asker;
  return asker && asker.id !== store.me.id ? t("composer.busy", { who: asker.name }) : t("composer.running");
}

/**
 * Whether the model still gets something of what was said before.
 * @param {Store} store @returns {boolean}
 */
export function clearable(store) {
  const last = store.branch().filter((message) => !message.pending).at(-1);
  return store.open !== null && last !== undefined && last.role !== "mark";
}

/**
 * Tokens of the last answer: what it was given and what it wrote, and how many the model holds at all.
 * Null: there is none, or its context was cleared since.
 * @param {Store} store @returns {{ used: number, whole: number | null } | null}
 */
export function tokens(store) {
  for (const message of store.branch().toReversed()) {
    if (message.role === "mark") return null;
    const usage = message.role === "assistant" && (message.live?.usage ?? message.usage);
    if (usage && usage.in + usage.out > 0) return { used: usage.in + usage.out, whole: usage.context ?? store.contextLength };
  }
  return null;
}

/**
 * What stands in the way of sending, or null. `silent`: it is seen without being said.
 * @param {Store} store
 * @param {{ length: number, blank: boolean, images: { count: number, uploading: number, failed: number } }} draft
 * @returns {"running" | "empty" | "long" | "limited" | "failed" | "uploading" | null}
 */
export function obstacle(store, draft) {
  if (running(store)) return "running";
  if (draft.blank && draft.images.count === 0) return "empty";
  if (draft.length > store.limits.text) return "long";
  if (store.limited && store.limited.until > Date.now()) return "limited";
  if (draft.images.failed > 0) return "failed";
  return draft.images.uploading > 0 ? "uploading" : null;
}
