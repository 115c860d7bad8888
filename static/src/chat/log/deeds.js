/** What the buttons of the dialogue do; a refusal is said in a toast. */

import { copy } from "../../lib/clipboard.js";
import { fill, isTouch } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { rare } from "./lazy.js";
import { announce } from "../../lib/announce.js";
import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { words } from "../live/errors.js";

/** @typedef {import("./message.js").Item} Item */
/** @typedef {import("./message.js").Pending} Pending */

const SHOWN = 1600; // ms that a tick stands in place of the drawing

export class Deeds {
  /**
   * @param {import("../acts.js").Acts} acts
   * @param {{ follows: () => boolean, edit: (key: string) => void, again: (item: Item) => void, branch: (from: Item, to: string, side: string) => void }} log
   */
  constructor(acts, log) {
    this.acts = acts;
    this.log = log;
  }

  /** @returns {boolean} */
  follows() {
    return this.log.follows();
  }

  /** @param {string} text @param {HTMLElement} [button] shows that it worked */
  async copy(text, button) {
    said(await copy(text), button);
  }

  /** @param {Item} item */
  edit(item) {
    this.log.edit(item.key);
  }

  /** @param {Item} item @param {string} text @param {string[]} images @returns {Promise<boolean>} whether it went */
  save(item, text, images) {
    return tell(this.acts.edit(item.message.id, text, images.map((id) => ({ id }))));
  }

  /** @param {Item} item */
  regenerate(item) {
    this.log.again(item);
    void tell(this.acts.regenerate(item.message.id)).then(onward);
  }

  /** @param {Item} item */
  goOn(item) {
    void tell(this.acts.goOn(item.message.id)).then(onward);
  }

  /** @param {Item} item @param {string} to @param {string} side */
  showBranch(item, to, side) {
    this.log.branch(item, to, side);
    void tell(this.acts.showBranch(to));
  }

  undoClear() {
    void tell(this.acts.undoClear());
  }

  /** @param {Pending} pending */
  resend(pending) {
    void tell(this.acts.retryPending(pending.id));
  }

  /** @param {Pending} pending */
  cancel(pending) {
    void tell(this.acts.cancelPending(pending.id));
  }

  /** @param {Item} item @param {HTMLElement} button */
  async more(item, button) {
    (await rare())?.openMore(item, button);
  }
}

/** @param {boolean} worked @param {HTMLElement} [button] */
export function said(worked, button) {
  const words = t(worked ? "log.copied" : "log.not_copied");
  if (!worked || !button) {
    toast(words, { tone: worked ? "plain" : "danger" });
    return;
  }
  announce(words);
  fill(button, icon("check"));
  button.classList.add("done");
  setTimeout(() => {
    fill(button, icon("copy"));
    button.classList.remove("done");
  }, SHOWN);
}

/** The button is gone with what it belonged to: the keyboard goes on in the box. @param {boolean} went */
export function onward(went) {
  if (went && !isTouch()) document.dispatchEvent(new CustomEvent("clawd:focus-box"));
}

/** @param {Promise<unknown> | unknown} deed @returns {Promise<boolean>} */
async function tell(deed) {
  try {
    await deed;
    return true;
  } catch (error) {
    toast(words(error), { tone: "danger" });
    return false;
  }
}
