/** Put together: what came with the page, the store, the connection, what a person can do. */

import { byId } from "../lib/dom.js";
import { speak } from "../lib/texts.js";
import { Acts } from "./acts.js";
import { drafts } from "./drafts.js";
import { Api } from "./live/api.js";
import { Live } from "./live/live.js";
import { isStaleChunk, reloadOnce } from "./live/reload.js";
import { browser } from "./live/world.js";
import { Outbox } from "./outbox.js";
import { Session } from "./session.js";
import { Store } from "./store.js";
import { Kept } from "./store/kept.js";

const CALM = 1_000; // ms after `ready` until what is not urgent is asked for

/** @returns {{ store: Store, acts: Acts, begin: () => void }} */
export function boot() {
  /** @type {import("./shapes").Boot} */
  const facts = JSON.parse(byId("boot").textContent ?? "{}");
  speak(JSON.parse(byId("texts").textContent ?? "{}"), facts.language);
  const world = browser();
  const kept = new Kept(facts.person.id);
  drafts.begin(kept);
  const store = new Store(facts, kept);
  const session = new Session(facts, kept, world);
  session.onleave(() => drafts.flush());
  const api = new Api(session, world);
  const live = new Live(store, api, session, world, socketUrl());
  const outbox = new Outbox(store, live, drafts, world, new Kept(facts.person.id, tabStorage()), (c) => history.pushState(null, "", `/c/${c}`));
  outbox.restore();
  const acts = new Acts(store, live, api, outbox);
  const begin = () => {
    session.begin();
    outbox.begin();
    live.begin();
    mind(live, acts);
  };
  return { store, acts, begin };
}

/** @returns {string} */
function socketUrl() {
  return `${location.origin.replace(/^http/, "ws")}/ws/chat`;
}

/** @returns {Storage | null} what this tab alone keeps, over reloads and sign-ins */
function tabStorage() {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

/** What the page listens to beyond the socket. @param {Live} live @param {Acts} acts */
function mind(live, acts) {
  const { store, world } = live;
  let first = true;
  live.onready(() => {
    if (!first) return;
    first = false;
    queueMicrotask(() => performance.mark("clawdbot:ready"));
    world.later(CALM, () => void askModels(live));
  });
  addEventListener("popstate", () => void acts.follow());
  addEventListener("unhandledrejection", (event) => {
    if (isStaleChunk(event.reason)) void renew(live);
  });
  addEventListener("storage", (event) => {
    if (event.key !== `${store.kept.prefix}unread`) return;
    for (const [c, card] of store.cards) if (card.unread !== store.unread.has(c) && c !== store.open) store.patchCard(c, { unread: store.unread.has(c) });
  });
}

/** A part of the page is gone: the server has a newer one, if it is there at all. @param {Live} live */
async function renew(live) {
  const there = await live.world.fetch("/healthz", { cache: "no-store" }).catch(() => null);
  if (!there?.ok) return;
  live.session.keep();
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
