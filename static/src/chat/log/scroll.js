/** Following the end of the dialogue until the reader goes elsewhere, and standing still whenever they read. */

import { byId, h, isTouch } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { classify, offersEnd } from "./position.js";

const GAP = 16; // px above a question that was just asked

export class Scroller {
  /** @param {HTMLElement} list what grows @param {HTMLElement} room around it: may be taller */
  constructor(list, room) {
    this.box = byId("scroller");
    this.dock = byId("dock");
    this.list = list;
    this.room = room;
    this.attached = true;
    /** @type {HTMLElement | null} the question that stands at the top */
    this.question = null;
    this.before = this.#place();
    this.written = this.before.top;
    this.shown = false;
    this.button = h("button", { type: "button", class: "icon", "aria-label": t("log.to_end"), title: t("log.to_end"), onclick: () => this.#toEnd(true) }, icon("down"));
    this.jump = h("div", { class: "jump", hidden: true }, this.button);
    this.dock.before(this.jump);
    this.box.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.box.addEventListener("wheel", (event) => event.deltaY < 0 && !event.ctrlKey && this.#leave(event), { passive: true });
    this.watch = new ResizeObserver(() => this.#settle());
    for (const one of [this.list, this.dock, this.box]) this.watch.observe(one);
  }

  /** @returns {import("./position.js").Place} */
  #place() {
    return { top: this.box.scrollTop, max: this.box.scrollHeight - this.box.clientHeight };
  }

  /** The reader, the browser or we moved it. */
  #scrolled() {
    const now = this.#place();
    const verdict = classify(now, this.before, this.written);
    if (verdict === "detach") this.attached = false;
    if (verdict === "attach") this.attached = true;
    this.before = now;
    this.#offer();
  }

  /** The wheel turns up: said before the first pixel moves. @param {WheelEvent} event */
  #leave(event) {
    if (this.box.scrollTop > 0 && !inner(event.target, this.box)) this.attached = false;
  }

  /** After whatever changed sizes, before it is painted: the spare room, and the end where it is followed. */
  #settle() {
    this.box.style.setProperty("--dock", `${this.dock.offsetHeight}px`);
    this.makeRoom();
    if (this.attached) this.#toEnd(false);
    this.before = this.#place();
    this.#offer();
  }

  /**
   * So tall that the question can stand at the top. It does not depend on the answer: what comes, or is folded
   * away, moves nothing.
   */
  makeRoom() {
    const { question } = this;
    const before = question?.isConnected ? question.getBoundingClientRect().top - this.list.getBoundingClientRect().top : null;
    const padding = parseFloat(getComputedStyle(byId("log")).paddingBottom);
    const seen = this.box.clientHeight - this.dock.offsetHeight - padding - GAP;
    this.room.style.minHeight = before === null ? "" : `${before + seen}px`;
  }

  /** @param {boolean} asked by the reader: then it may glide */
  #toEnd(asked) {
    this.attached = true;
    const far = this.box.scrollHeight - this.box.clientHeight;
    if (asked && !matchMedia("(prefers-reduced-motion: reduce)").matches && far - this.box.scrollTop < 4 * this.box.clientHeight) {
      this.box.scrollTo({ top: far, behavior: "smooth" });
    } else if (Math.abs(this.box.scrollTop - far) >= 1) {
      this.write(far);
    }
    if (asked && !isTouch()) (document.getElementById("text") ?? byId("log")).focus({ preventScroll: true });
  }

  /** @param {number} top */
  write(top) {
    this.box.scrollTop = top;
    this.written = this.box.scrollTop;
  }

  /** A question of one's own was asked: it goes to the top, its answer fills what is below. @param {HTMLElement} question */
  anchor(question) {
    this.question = question;
    this.makeRoom();
    this.#toEnd(false);
    this.before = this.#place();
  }

  /** What is below a question may become shorter, and the question stays where it is. @param {HTMLElement | null} question */
  stay(question) {
    this.attached = false;
    this.question = question;
  }

  /** Another conversation: at its end, nothing kept free. */
  reset() {
    this.question = null;
    this.attached = true;
    this.jump.classList.remove("news");
    this.#settle();
  }

  /**
   * Do something above or around `element` that leaves it where it is on the screen.
   * @param {() => HTMLElement | null | undefined} element asked before and after @param {() => void} act
   */
  hold(element, act) {
    const top = element()?.getBoundingClientRect().top;
    this.box.style.overflowAnchor = "none"; // or the browser would correct what is corrected here
    act();
    const after = element()?.getBoundingClientRect().top;
    if (top !== undefined && after !== undefined && !this.attached) this.write(this.box.scrollTop + after - top);
    if (this.attached) this.#toEnd(false);
    this.before = this.#place();
    this.box.style.overflowAnchor = ""; // what is laid out for the first time in this frame is the browser's again
  }

  /** Text came; the reader may be elsewhere. */
  news() {
    if (this.attached) return;
    this.jump.classList.add("news");
    const words = t("log.to_end_new");
    if (this.button.title !== words) {
      this.button.title = words;
      this.button.setAttribute("aria-label", words);
    }
  }

  #offer() {
    const below = this.list.getBoundingClientRect().bottom - this.dock.getBoundingClientRect().top;
    this.shown = offersEnd(this.shown, below, this.attached);
    this.jump.hidden = !this.shown;
    if (this.shown || !this.jump.classList.contains("news")) return;
    if (below < 60) {
      this.jump.classList.remove("news");
      this.button.title = t("log.to_end");
      this.button.setAttribute("aria-label", t("log.to_end"));
    }
  }
}

/** Whether something inside takes the wheel for itself. @param {EventTarget | null} target @param {HTMLElement} box */
function inner(target, box) {
  for (let one = target instanceof Element ? target : null; one && one !== box; one = one.parentElement) {
    if (one.scrollTop > 0 && one.scrollHeight > one.clientHeight) return true;
  }
  return false;
}
