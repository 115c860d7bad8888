/** The form: writing, sending, stopping. */

import { announce } from "../../lib/announce.js";
import { fill, isTouch } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { words } from "../live/errors.js";
import { Attaching } from "./attaching.js";
import { growing, lengthOf, put } from "./box.js";
import { Draft, join } from "./draft.js";
import { takeFiles } from "./files.js";
import { meaning, placeholderKey } from "./keys.js";
import { drawNote, secondsLeft } from "./note.js";
import { build } from "./parts.js";
import { mayStop, obstacle, running, whoRuns } from "./state.js";
import { Tools } from "./tools.js";

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * @typedef {import("../store.js").Store} Store
 * @typedef {import("../acts.js").Acts} Acts
 */

export class Composer {
  /** a question that goes as soon as its images are up */
  #held = false;
  /** @type {string | null} why the last question was refused, until something is typed */
  #said = null;
  #ticking = 0;
  /** an input method is at work: its text must not be touched */
  #composing = false;
  #ran = false;
  /** @type {ReturnType<typeof obstacle>} what was told last */
  #told = null;

  /** @param {Store} store @param {Acts} acts */
  constructor(store, acts) {
    this.store = store;
    this.acts = acts;
    this.parts = build();
    this.attaching = new Attaching(store, acts, this.parts.images, (lost) => this.#imagesChanged(lost));
    this.draft = new Draft(store, acts, this.parts.box, this.attaching);
    this.tools = new Tools(store, acts, this.parts.tools, {
      add: (files) => this.attaching.add(files),
      chosen: () => this.draft.save(),
    });
    this.grow = growing(this.parts.box);
    this.#listen();
  }

  #listen() {
    const { form, box } = this.parts;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (running(this.store)) this.stop();
      else this.send();
    });
    box.addEventListener("input", () => this.#typed());
    box.addEventListener("keydown", (event) => this.#pressed(event));
    box.addEventListener("compositionstart", () => {
      this.#composing = true;
    });
    box.addEventListener("compositionend", () => {
      this.#composing = false;
      this.refresh();
    });
    this.store.on("outbox", () => this.draft.keep());
    form.addEventListener("click", (event) => {
      if (event.target === form) box.focus();
    });
    takeFiles(box, this.store, (files) => this.attaching.add(files));
    document.addEventListener("clawd:focus-box", () => this.focus(true));
    document.addEventListener("clawd:suggest", (event) => {
      const { text } = /** @type {CustomEvent<{ text: string }>} */ (event).detail;
      this.focus(true);
      put(box, join(box.value, text));
      this.#typed();
    });
  }

  #typed() {
    this.#said = null;
    this.grow();
    this.draft.save();
    this.refresh();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const { box } = this.parts;
    const word = meaning(event, {
      sendBy: this.store.settings.send_by, touch: isTouch(), empty: box.value === "",
      running: this.#held || mayStop(this.store),
    });
    if (word === null) return;
    event.preventDefault();
    if (word === "send") this.send();
    else if (word === "stop") this.stop();
    else document.dispatchEvent(new CustomEvent("clawd:edit-last"));
  }

  /** What keeps the question in the box. */
  #obstacle() {
    const { value } = this.parts.box;
    return obstacle(this.store, {
      length: lengthOf(value, this.store.limits.text), blank: value.trim() === "", images: this.attaching.tally(),
    });
  }

  send() {
    const why = this.#obstacle();
    this.#held = why === "uploading";
    if (why === null) this.#go();
    else if (why === "running") this.#say(whoRuns(this.store));
    else if (why !== "empty") this.refresh();
  }

  #go() {
    const before = new Set(this.store.outbox.map(({ id }) => id));
    // what became of it is told by the outbox: sent, waiting, or refused and taken back
    void this.acts.send({ text: this.parts.box.value.trimEnd(), images: this.attaching.list() });
    this.draft.sent(before);
    this.#said = null;
    this.grow();
    this.refresh();
    this.focus();
  }

  stop() {
    this.#held = false;
    const { open } = this.store;
    if (open !== null && mayStop(this.store)) {
      this.acts.stop(open).catch((/** @type {unknown} */ error) => this.#say(words(error)));
    }
    this.refresh();
    this.focus();
  }

  /** @param {string} text */
  #say(text) {
    this.#said = text;
    announce(text);
    this.refresh();
  }

  /** @param {boolean} [lost] a question that was to take them along stays */
  #imagesChanged(lost) {
    this.#held &&= !lost;
    this.draft.save();
    if (this.#held && this.#obstacle() !== "uploading") this.send();
    this.refresh();
  }

  /** The draft of the conversation that is open now. */
  turn() {
    if (!this.draft.turn()) return;
    this.#held = false;
    this.#said = null;
    this.grow();
    this.refresh();
    this.focus();
  }

  /** To the box, unless somebody is at work elsewhere. @param {boolean} [wanted] they asked for it */
  focus(wanted = false) {
    const { box } = this.parts;
    const busy = document.querySelector("dialog[open]") || document.activeElement?.matches("input, textarea:not(#text), [contenteditable]");
    if (wanted || (!isTouch() && !busy)) box.focus({ preventScroll: true });
  }

  /** Bring everything up to date with the store. */
  refresh() {
    const back = this.#composing ? null : this.draft.takeBack();
    const runs = running(this.store) !== undefined;
    if (this.#ran && !runs) this.#said = null; // it was said of that answer
    this.#ran = runs;
    if (back) {
      this.#said = words(back.error);
      announce(this.#said);
      this.grow();
    }
    const { box, note } = this.parts;
    const why = this.#obstacle();
    box.placeholder = t(placeholderKey({ sendBy: this.store.settings.send_by, touch: isTouch() }, MAC));
    box.enterKeyHint = isTouch() || this.store.settings.send_by === "ctrl_enter" ? "enter" : "send";
    this.#drawSend(why);
    this.tools.refresh();
    drawNote(note, this.store, { length: lengthOf(box.value, this.store.limits.text), obstacle: why, held: this.#held, said: this.#said });
    if (why !== this.#told && (why === "long" || why === "limited")) announce(note.textContent ?? "");
    this.#told = why;
    this.#count();
  }

  /** @param {ReturnType<typeof obstacle>} why */
  #drawSend(why) {
    const { send } = this.parts;
    const stops = running(this.store) !== undefined;
    const kind = stops ? "stop" : "send";
    if (send.dataset.kind !== kind) {
      send.dataset.kind = kind;
      fill(send, icon(kind));
      send.setAttribute("aria-label", t(`composer.${kind}`));
      send.title = t(`composer.${kind}`);
    }
    send.disabled = stops ? !mayStop(this.store) : why !== null && why !== "uploading";
  }

  /** The countdown, each second until it is over. */
  #count() {
    const left = secondsLeft(this.store);
    if (left === 0 || this.#ticking) return;
    this.#ticking = window.setTimeout(() => {
      this.#ticking = 0;
      this.refresh();
    }, 250);
  }
}
