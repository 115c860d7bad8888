/** From a search: to one message, wherever in the conversation it is. */

import { newestLeaf } from "../store/tree.js";

const MOST_PAGES = 50;
const MOST_FRAMES = 120;
const LIT = 1600; // ms

/** @param {import("./index.js").Log} log @param {string} m */
export async function find(log, m) {
  const { store, acts } = log;
  const { chat } = store;
  for (let page = 0; page < MOST_PAGES && !chat.messages.has(m) && chat.before !== null; page += 1) await acts.older();
  if (store.chat !== chat || !chat.messages.has(m)) return;
  if (!store.branch().some((message) => message.id === m)) store.goTo(newestLeaf(chat, m));
  const article = await drawn(log, m);
  if (article) show(log, article);
}

/** Its article, as soon as it stands: older ones come a few a frame. @param {import("./index.js").Log} log @param {string} m */
async function drawn(log, m) {
  for (let frame = 0; frame < MOST_FRAMES; frame += 1) {
    const view = log.articles.views.get(m);
    if (view && log.articles.whole()) return view.element;
    await nextFrame();
  }
  return log.articles.views.get(m)?.element;
}

/** In the middle, lit for a moment, and where the keyboard goes on. @param {import("./index.js").Log} log @param {HTMLElement} article */
async function show(log, article) {
  log.scroller.stay(null);
  article.tabIndex = -1;
  article.focus({ preventScroll: true });
  article.classList.add("lit");
  setTimeout(() => article.classList.remove("lit"), LIT);
  for (let look = 0; look < 3; look += 1) {
    article.scrollIntoView({ block: article.offsetHeight > log.scroller.box.clientHeight / 2 ? "start" : "center" });
    await nextFrame(); // what comes into sight has its real height only then
  }
}

/** @returns {Promise<unknown>} */
function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
