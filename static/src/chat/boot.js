/** Put together: what came with the page, the store, the connection, what a person can do. */

import { byId } from "../lib/dom.js";
import { speak } from "../lib/texts.js";
import { Acts } from "./acts.js";
import { drafts } from "./drafts.js";
import { rare } from "./lazy.js";
import { Api } from "./live/api.js";
import { Live } from "./live/live.js";
import { browser } from "./live/world.js";
import { Outbox } from "./outbox.js";
import { Store } from "./store.js";
import { Kept, tabStorage } from "./store/kept.js";

/** @returns {{ store: Store, acts: Acts, begin: () => void }} */
export function boot() {
  /** @type {import("./shapes").Boot} */
  const facts = JSON.parse(byId("boot").textContent ?? "{}");
  speak(JSON.parse(byId("texts").textContent ?? "{}"), facts.language);
  const { id } = facts.person;
  const world = browser();
  const kept = new Kept(id);
  const tab = new Kept(id, tabStorage());
  drafts.begin(kept, tab);
  const keep = () => drafts.flush();
  const store = new Store(facts, kept);
  const api = new Api(facts.csrf, world, session);
  const live = new Live(store, api, world, `${location.origin.replace(/^http/, "ws")}/ws/chat`, keep);
  const outbox = new Outbox(store, live, drafts, world, tab, (c) => history.pushState(null, "", `/c/${c}`));
  outbox.restore();
  const acts = new Acts(store, live, api, outbox);

  /** @type {import("./session.js").Session | undefined} */
  let made;
  /** @returns {Promise<import("./session.js").Session>} */
  async function session() {
    const { Session } = await rare();
    made ??= new Session(id, api, kept, world, keep, () => live.denied(), [tab]);
    return made;
  }
  let calmed = false;
  const calm = async () => {
    const { mind } = await rare();
    const mine = await session();
    if (calmed) return;
    calmed = true;
    mine.begin();
    mind(live);
  };
  const begin = () => {
    outbox.begin();
    live.begin();
    live.onready(marked());
    addEventListener("popstate", () => void acts.follow());
    const mind = () => void calm().catch(() => {}); // what is missing is fetched with the next connection
    whenLoaded(() => {
      live.onready(mind);
      mind();
    });
  };
  return { store, acts, begin };
}

/** What the page does not begin with comes right after it: it is needed most when the network is gone. @param {() => void} act */
function whenLoaded(act) {
  if (document.readyState === "complete") act();
  else addEventListener("load", act, { once: true });
}

/** Says once that the page is ready, when the views have heard of it. @returns {() => void} */
function marked() {
  let first = true;
  return () => {
    if (first) queueMicrotask(() => performance.mark("clawdbot:ready"));
    first = false;
  };
}
