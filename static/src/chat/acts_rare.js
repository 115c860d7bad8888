/** What a person does after the first second: each act of Acts that is not needed to open the page and ask. */

import { newId } from "../lib/ids.js";
import { drafts } from "./drafts.js";
import { send } from "./live/upload.js";
import { place } from "./store/apply.js";
import { newestLeaf } from "./store/tree.js";

/** @typedef {import("./acts.js").Acts} Acts */
/** @typedef {import("./shapes").Card} Card */

const ADDRESS = "/api/conversations";
const MOST_PAGES = 20; // of older messages, to find where the shown branch goes on

// ---- answers and branches ------------------------------------------------------------------------------

/** Another answer beside `m`, or to the question `m`; more: the answer `m` goes on. @param {Acts} acts @param {string} m @param {{ more?: boolean }} how */
export async function again({ store, live, outbox }, m, how) {
  const c = store.open;
  const message = store.chat.messages.get(m);
  if (c === null || !message) return;
  const opts = outbox.options({});
  const ack = await live.askNow({ t: "chat.regen", id: newId(), c, m, ...how, ...(opts ? { opts } : {}) });
  if (!ack.g || !ack.ma || store.open !== c) return;
  const made = store.begun(ack.g, c);
  made.m = ack.ma;
  made.asker = store.me;
  const question = message.role === "user" ? message.id : (message.parent ?? "");
  for (const errand of place(store, made, question)) live.run(errand);
  store.patchCard(c, { running: made.state === "done" ? null : ack.g });
  store.goTo(ack.ma);
}

/** @param {Acts} acts @param {string} m */
export async function showBranch({ store, api }, m) {
  const leaf = newestLeaf(store.chat, m);
  store.goTo(leaf);
  const card = store.open === null ? undefined : store.cards.get(store.open);
  if (card?.may.includes("continue")) await patch(api, card.id, { leaf });
}

/** @type {Promise<any>} the last change */
let changing = Promise.resolve();

/**
 * One after the other: two on their way at once may arrive in another order, and the older one would stay.
 * @param {import("./live/api.js").Api} api @param {string} c @param {object} body @returns {Promise<any>} the card
 */
function patch(api, c, body) {
  const change = () => api.call("PATCH", `${ADDRESS}/${c}`, { body });
  changing = changing.then(change, change);
  return changing;
}

/** @param {Acts} acts */
export async function clearContext({ store, live }) {
  const c = store.open;
  if (c === null) return;
  await live.askNow({ t: "context.clear", id: newId(), c });
  await live.history(c);
}

/** @param {Acts} acts */
export async function undoClear({ store, api }) {
  const mark = store.chat.messages.get(store.chat.leaf ?? "");
  if (mark?.role !== "mark" || mark.parent === null || store.open === null) return;
  await patch(api, store.open, { leaf: mark.parent });
  if (store.chat.leaf === mark.id) store.goTo(mark.parent);
}

/** @param {Acts} acts */
export async function older({ store, api }) {
  const { chat } = store;
  const shown = store.branch().length;
  for (let pages = 0; pages < MOST_PAGES && chat.before !== null && store.branch().length <= shown; pages += 1) {
    const page = await api.get(`${ADDRESS}/${chat.id}/messages`, { before: chat.before });
    if (store.chat !== chat) return;
    store.takeHistory(page, true);
  }
}

// ---- the list ------------------------------------------------------------------------------------------

/** In the list at once; back as it was where it is refused. @param {Acts} acts @param {string} c @param {Partial<Card>} changed */
export async function change({ store, live, api }, c, changed) {
  const before = store.cards.get(c);
  store.patchCard(c, changed);
  try {
    await live.fetched.take(c, patch(api, c, changed));
  } catch (error) {
    const names = /** @type {(keyof Card)[]} */ (Object.keys(changed));
    if (before) store.patchCard(c, Object.fromEntries(names.map((name) => [name, before[name]])));
    void live.card(c); // it may have been done all the same
    throw error;
  }
}

/** @param {Acts} acts @param {string} c */
export async function remove(acts, c) {
  const { store, live, api } = acts;
  const before = store.cards.get(c);
  const running = store.running(c);
  if (running) void live.askNow({ t: "chat.stop", id: newId(), g: running.g }).catch(() => {});
  if (store.open === c) await acts.openNew();
  store.dropCard(c);
  live.fetched.told(c, true);
  try {
    await api.call("DELETE", `${ADDRESS}/${c}`);
  } catch (error) {
    live.fetched.told(c);
    if (before) store.putCard({ ...before, running: null });
    void live.card(c);
    throw error;
  }
}

/** @param {Acts} acts @param {Blob} file @returns {Promise<{ conversations: number, messages: number }>} */
export async function importFile({ live, api }, file) {
  const counted = await api.call("POST", "/api/import", { body: file, headers: { "Content-Type": "application/json" } });
  await live.fetched.list();
  return counted;
}

// ---- the person ----------------------------------------------------------------------------------------

/** @param {Acts} acts @param {Partial<import("./shapes").Settings>} changed */
export async function setSettings({ store, api, live }, changed) {
  const before = store.settings;
  store.setSettings({ ...before, ...changed });
  try {
    store.setSettings(await api.call("PUT", "/api/settings", { body: changed }));
  } catch (error) {
    store.setSettings(before);
    throw error;
  }
  if (changed.language === undefined || changed.language === before.language) return;
  drafts.flush();
  live.world.reload();
}

/** @param {Acts} acts @param {File} file @param {import("./live/upload.js").More} more @returns {Promise<any>} */
export function upload({ api }, file, more) {
  const headers = { "Content-Type": file.type || "application/octet-stream", "X-File-Name": encodeURIComponent(file.name) };
  return send(api, "/api/images", file, { ...more, headers });
}

/** @param {Acts} acts */
export async function logout({ live, api }) {
  const session = await live.session();
  const state = await session.revive(); // its person may have signed in again since: then the token is another one
  live.socket.stop();
  session.forget();
  if (state === "over") return; // on the way to the login page already
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/logout";
  const token = document.createElement("input");
  token.type = "hidden";
  token.name = "csrfmiddlewaretoken";
  token.value = api.csrf;
  form.append(token);
  document.body.append(form);
  form.submit();
}
