// What people do at random: in a page, and in another tab or at another desk.

import { ApiError } from "../../../static/src/chat/live/errors.js";
import { change, remove } from "./asked.js";
import { oneOf } from "./chance.js";
import { said } from "./said.js";

/** Each act with its weight. It returns what was done, in words for who looks for a mistake; null: nothing to do. */
const ACTS = [
  [20, ask],
  [10, open],
  [4, ({ acts }) => quiet(acts.show(null), "new")],
  [10, drop],
  [4, fall],
  [8, again],
  [6, goOn],
  [8, edit],
  [7, ({ acts, store }) => quiet(acts.stop(store.open), "stop")],
  [5, ({ acts, store }) => (store.open && !store.running(store.open) ? quiet(acts.clearContext(), "clear") : null)],
  [2, ({ acts }) => quiet(acts.undoClear(), "undo clear")],
  [6, turn],
  [3, older],
  [4, more],
  [4, erase],
  [3, reload],
  [8, elsewhere],
  [5, () => "wait"],
];
const WHOLE = ACTS.reduce((sum, [weight]) => sum + weight, 0);

/** @returns {string | null} */
export function act(play, page) {
  let roll = play.random() * WHOLE;
  const [, found] = ACTS.find(([weight]) => (roll -= weight) < 0) ?? ACTS[0];
  return found(page, play);
}

/** What the page may be refused is no mistake; anything else that is thrown is. */
function quiet(promise, done) {
  promise.catch((error) => {
    if (!(error instanceof ApiError)) throw error;
  });
  return done;
}

const stored = ({ store }) => store.branch().filter((message) => !message.pending);
const idle = ({ store }) => store.open === null || !store.running(store.open);

function ask(page, play) {
  if (!idle(page)) return null;
  const text = play.question();
  return quiet(page.acts.send({ text }), `ask ${text}`);
}

function open(page, { random }) {
  const c = oneOf(random, page.store.order);
  return c ? quiet(page.acts.show(c), `open ${c}`) : null;
}

/** Not before the first `ready`: thrice in vain, websockets count as blocked, and it is another protocol. */
function drop({ greeted, line }) {
  if (!greeted) return null;
  line.drop();
  return "drop";
}

function fall({ greeted, line, live }, { random }) {
  if (!greeted) return null;
  line.fall(true);
  const long = random() < 0.3; // so long that lists grow meanwhile
  line.later(random() * (long ? 60_000 : 8_000), () => {
    line.fall(false);
    live.retry();
  });
  return "the network is gone";
}

function again(page) {
  const last = stored(page).at(-1);
  return last && last.role !== "mark" && idle(page) ? quiet(page.acts.regenerate(last.id), `again ${last.id}`) : null;
}

function goOn(page) {
  const last = stored(page).at(-1);
  return last?.role === "assistant" && !last.live ? quiet(page.acts.goOn(last.id), `go on ${last.id}`) : null;
}

function edit(page, play) {
  const asked = oneOf(play.random, stored(page).filter((message) => message.role === "user"));
  if (!asked || !idle(page)) return null;
  const text = play.question();
  return quiet(page.acts.edit(asked.id, text), `edit ${asked.id}: ${text}`);
}

function turn(page, { random }) {
  const forked = stored(page).find((message) => page.store.siblings(message.id).length > 1);
  const to = forked && oneOf(random, page.store.siblings(forked.id));
  return to ? quiet(page.acts.showBranch(to), `branch ${to}`) : null;
}

function older(page) {
  return page.store.chat.before ? quiet(page.acts.older(), "older") : null;
}

function more(page) {
  return page.store.listNext ? quiet(page.acts.moreOfList(), "more of the list") : null;
}

function erase(page, { clock, random, server }) {
  const c = oneOf(random, page.store.order);
  if (!c || server.listed().length < 3) return null;
  quiet(page.acts.remove(c));
  if (random() < 0.5) clock.later(3_000, () => quiet(page.acts.undoRemove(c)));
  return `erase ${c}`;
}

function reload(page, play) {
  page.line.die();
  page.outbox.flush = () => {};
  play.pages[play.pages.indexOf(page)] = play.page(page.store.open, page);
  return "reload";
}

/** Another tab: it asks, renames, deletes. */
function elsewhere(page, play) {
  const { random, server } = play;
  const where = oneOf(random, server.listed());
  const roll = random();
  if (!where) return null;
  if (roll < 0.4) change(server, where, { title: `renamed ${play.question()}` });
  else if (roll < 0.55 && server.listed().length > 3) remove(server, where);
  else {
    const nobody = { subs: new Set(), follows: new Set(), hear() {}, hold: () => () => [] };
    said(server, nobody, { t: "chat.send", id: server.id(), c: roll < 0.8 ? where.id : null, text: play.question() });
  }
  return `elsewhere ${where.id}`;
}
