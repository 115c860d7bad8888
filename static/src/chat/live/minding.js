/** What the page minds besides the socket, once it is calm: other tabs, parts that are gone, which models there are. */

import { isStaleChunk, reloadOnce } from "./reload.js";

/** @typedef {import("./live.js").Live} Live */

/** @param {Live} live */
export function mind(live) {
  const { store } = live;
  addEventListener("unhandledrejection", (event) => {
    if (isStaleChunk(event.reason)) void renew(live);
  });
  addEventListener("storage", (event) => {
    if (event.key !== `${store.kept.prefix}unread`) return;
    const { open } = store;
    if (open !== null && store.unread.has(open) && live.world.looking()) store.unread.set(open, null); // it is read here
    for (const [c, card] of store.cards) {
      const unread = store.unread.has(c) && c !== store.open;
      if (card.unread !== unread) store.patchCard(c, { unread });
    }
  });
  void askModels(live);
}

/** A part of the page is gone: the server has a newer one, if it is there at all. @param {Live} live */
async function renew(live) {
  const there = await live.world.fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (!there?.ok) return;
  live.keep();
  if (!reloadOnce(live.world)) live.store.setConnection({ newer: true });
}

/** @param {Live} live */
async function askModels(live) {
  try {
    const { models } = await live.api.get("/api/models");
    live.store.setModels(models);
  } catch {
    // the default stays
  }
}
