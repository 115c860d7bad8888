/** Which conversations have an answer that nobody has looked at, kept over reloads and shared by a person's tabs. */

/** @typedef {import("./kept.js").Kept} Kept */

const KEY = "unread";
const MOST = 300;

/** @typedef {Record<string, "running" | "unread">} Marks conversation -> an answer runs there, or ended unseen */

export class Unread {
  /** @param {Kept} kept */
  constructor(kept) {
    this.kept = kept;
  }

  /** @returns {Marks} */
  get marks() {
    const found = this.kept.get(KEY);
    return found && typeof found === "object" ? found : {};
  }

  /** @param {string} c @returns {boolean} */
  has(c) {
    return this.marks[c] === "unread";
  }

  /**
   * Remember, or forget with null. Nothing is written where it stands so already.
   * @param {string} c @param {"running" | "unread" | null} mark
   */
  set(c, mark) {
    const { [c]: before, ...others } = this.marks;
    if ((before ?? null) === mark) return;
    const all = mark === null ? others : { ...others, [c]: mark };
    this.kept.set(KEY, Object.fromEntries(Object.entries(all).slice(-MOST)));
  }

  /**
   * Of a card as the server has it now: what ran when the page was left and runs no more is unread.
   * @param {string} c @param {string | null} running @param {boolean} open @returns {boolean}
   */
  judge(c, running, open) {
    const before = this.marks[c];
    if (open && !running) this.set(c, null);
    else if (running) this.set(c, "running");
    else if (before === "running") this.set(c, "unread");
    return !open && this.has(c);
  }
}
