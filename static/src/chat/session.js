/**
 * The life of the session: extended while somebody is here, once for all tabs; at its end the one way to the
 * login page. Signing out in one tab ends all.
 */

/** @typedef {import("./store/kept.js").Kept} Kept */
/** @typedef {import("./live/world.js").World} World */

const SELDOM = 300_000; // ms between two extensions while somebody is here
const LEASE = 5_000; // ms that one tab has to extend it for all
const SCATTER = 250; // ms over which tabs spread
const SETTLED = 30; // ms after which each tab sees who has the lease
const ADDRESS = "/api/session";

export class Session {
  /** @type {Promise<"alive" | "over" | "unknown"> | null} */
  #asking = null;
  #left = false;
  #seen; // when somebody did something here
  #extended;
  /** @type {BroadcastChannel | null} */
  #tabs = null;

  /**
   * @param {string} person @param {import("./live/api.js").Api} api @param {Kept} kept @param {World} world
   * @param {() => void} keep what is done before the page is left: drafts are kept
   * @param {() => Promise<boolean>} [denied] whether the person is switched off, who is told so here and not
   *   sent to sign in
   * @param {Kept[]} [others] what else is kept of this person, in this tab alone
   */
  constructor(person, api, kept, world, keep, denied = async () => false, others = []) {
    this.person = person;
    this.api = api;
    this.kept = kept;
    this.world = world;
    this.keep = keep;
    this.denied = denied;
    this.others = others;
    this.tab = String(world.random());
    this.#seen = this.#extended = world.now();
  }

  /** Listen for the person, and for the other tabs. */
  begin() {
    const active = () => this.active();
    for (const event of ["keydown", "pointerdown"]) addEventListener(event, active, { capture: true, passive: true });
    addEventListener("pageshow", (event) => event.persisted && this.world.reload()); // Back: whose page is it now?
    addEventListener("storage", (event) => event.key === `${this.kept.prefix}out` && event.newValue && this.#out());
    if (typeof BroadcastChannel !== "function") return;
    this.#tabs = new BroadcastChannel("clawdbot");
    this.#tabs.onmessage = (event) => event.data === `out:${this.person}` && this.#out();
  }

  /** Somebody is here. */
  active() {
    const now = this.world.now();
    this.#seen = now;
    if (now < this.#extended) this.#extended = 0; // the clock was put back
    if (now - Math.max(this.#extended, this.#lately()) > SELDOM) void this.extend();
  }

  /** The session ends soon: extend it if somebody is here, or waits for something. @param {boolean} busy */
  async expiring(busy) {
    if (busy || this.world.now() - this.#seen <= SELDOM) await this.extend();
  }

  /** Extend it, unless another tab just did or is doing it. */
  async extend() {
    const before = this.world.now();
    this.#extended = before;
    await this.#pause(this.world.random() * SCATTER);
    if (this.#othersDid(before)) return;
    const lease = this.kept.get("lease");
    if (lease && lease.tab !== this.tab && lease.until > this.world.now()) {
      await this.#pause(Math.min(LEASE, lease.until - this.world.now()));
      if (this.#othersDid(before)) return;
    }
    this.kept.set("lease", { tab: this.tab, until: this.world.now() + LEASE });
    await this.#pause(SETTLED);
    if (this.kept.get("lease")?.tab !== this.tab) return; // two at the same moment: the later one does it
    if ((await this.revive()) === "unknown") this.kept.remove("lease");
  }

  /** @param {number} before @returns {boolean} */
  #othersDid(before) {
    return this.#lately() >= before;
  }

  /** When a tab extended it last; what lies ahead is of a clock that was put back. @returns {number} */
  #lately() {
    const at = this.kept.get("extended") ?? 0;
    return at > this.world.now() ? 0 : at;
  }

  /** @param {number} ms @returns {Promise<void>} */
  #pause(ms) {
    return new Promise((resolve) => this.world.later(ms, resolve));
  }

  /**
   * Ask whether the session lives, and extend it; once at a time. At its end the page is left: "over".
   * "unknown": the server could not be asked.
   * @returns {Promise<"alive" | "over" | "unknown">}
   */
  revive() {
    if (this.#left) return Promise.resolve("over");
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** @returns {Promise<"alive" | "over" | "unknown">} */
  async #ask() {
    let answer = await this.#fetched("POST");
    if (answer?.status === 403) answer = await this.#fetched("GET"); // another sign-in: its token is another one
    if (answer?.status === 401) return (await this.denied()) ? "over" : this.over();
    if (!answer?.ok) return "unknown";
    const facts = await answer.json().catch(() => null);
    if (!facts) return "unknown";
    if (facts.person.id !== this.person) return this.#leave("/"); // somebody else has signed in in this browser
    this.api.csrf = facts.csrf_token;
    this.#extended = this.world.now();
    this.kept.set("extended", this.#extended);
    return "alive";
  }

  /** @param {string} method @returns {Promise<Response | null>} */
  async #fetched(method) {
    try {
      return await this.world.fetch(ADDRESS, {
        method, cache: "no-store", credentials: "same-origin", headers: method === "POST" ? { "X-CSRFToken": this.api.csrf } : {},
      });
    } catch {
      return null;
    }
  }

  /** To the login page, and back here afterwards. @returns {"over"} */
  over() {
    return this.#leave(`/login?${new URLSearchParams({ next: this.world.path(), expired: "1" })}`);
  }

  /** Once. @param {string} url @returns {"over"} */
  #leave(url) {
    if (this.#left) return "over";
    this.#left = true;
    this.keep();
    this.world.go(url);
    return "over";
  }

  /** This person leaves this browser: nothing of theirs stays, and the other tabs go too. */
  forget() {
    this.kept.set("out", this.world.now());
    this.#tabs?.postMessage(`out:${this.person}`);
    this.#wipe();
  }

  #wipe() {
    this.#left = true;
    for (const kept of [this.kept, ...this.others]) kept.wipe();
  }

  /** Another tab has signed out. */
  #out() {
    if (this.#left) return;
    this.#wipe();
    this.world.go("/login?out");
  }
}
