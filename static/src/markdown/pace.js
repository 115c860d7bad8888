/**
 * When to render: in the next frame, later the dearer the last one was, by timer where the tab is hidden and
 * has no frames, and at once when it is shown again.
 */

const LONGEST_PAUSE = 1000;
const HIDDEN_PAUSE = 200;
/** Our own work takes a fifth of the time at most; with the layout that it causes, two fifths. */
const OWN_SHARE = 4;
const WHOLE_SHARE = 1.5;

export class Pace {
  /** @param {() => void} act */
  constructor(act) {
    this.act = act;
    this.frame = 0;
    this.timer = 0;
    this.next = 0;
    this.stopped = false;
    this.changed = () => {
      if (!this.asked) return;
      this.forget();
      if (document.hidden) this.ask();
      else this.act();
    };
    document.addEventListener("visibilitychange", this.changed);
    /** Answered after the frame was laid out: what a frame cost in all. */
    this.after = new MessageChannel();
    this.begun = 0;
    this.after.port1.onmessage = () => this.rest(performance.now() - this.begun, WHOLE_SHARE);
  }

  get asked() {
    return this.frame !== 0 || this.timer !== 0;
  }

  /** One more frame. */
  ask() {
    if (this.asked || this.stopped) return;
    if (document.hidden) {
      this.timer = window.setTimeout(() => {
        this.timer = 0;
        this.act();
      }, HIDDEN_PAUSE);
    } else {
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        if (performance.now() < this.next) this.ask();
        else this.act();
      });
    }
  }

  /** @param {() => void} work what a frame does */
  run(work) {
    this.forget();
    this.begun = performance.now();
    work();
    const spent = performance.now() - this.begun;
    this.next = 0;
    this.rest(spent, OWN_SHARE);
    if (!this.stopped && !document.hidden) this.after.port2.postMessage(null);
  }

  /** @param {number} cost @param {number} share */
  rest(cost, share) {
    this.next = Math.max(this.next, performance.now() + Math.min(LONGEST_PAUSE, cost * share));
  }

  forget() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.frame = this.timer = 0;
  }

  stop() {
    this.stopped = true;
    this.forget();
    document.removeEventListener("visibilitychange", this.changed);
    this.after.port1.close();
  }
}
