/** What this browser keeps for one person. Storage may be full, forbidden, or somebody else's. */

/** @returns {Storage | null} */
function local() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}

/** @returns {Storage | null} what this tab alone keeps, over reloads and sign-ins */
export function tabStorage() {
  try {
    return globalThis.sessionStorage ?? null;
  } catch {
    return null;
  }
}

export class Kept {
  /** @type {Map<string, string>} what the storage did not take: good until the page is left */
  #memory = new Map();
  #closed = false;

  /**
   * @param {string} person
   * @param {Storage | null} [storage]
   */
  constructor(person, storage = local()) {
    this.prefix = `clawdbot:${person}:`;
    this.storage = storage;
  }

  /** @param {string} key @returns {any} null: there is nothing, or nothing that can be read */
  get(key) {
    const name = this.prefix + key;
    try {
      const text = this.#memory.get(name) ?? this.storage?.getItem(name);
      return text ? JSON.parse(text) : null;
    } catch {
      return null;
    }
  }

  /** @param {string} key @param {any} value @returns {boolean} whether it outlives the page */
  set(key, value) {
    if (this.#closed) return false;
    const name = this.prefix + key;
    const text = JSON.stringify(value);
    try {
      if (!this.storage) throw new Error("no storage");
      this.storage.setItem(name, text);
      this.#memory.delete(name);
      return true;
    } catch {
      this.#memory.set(name, text);
      return false;
    }
  }

  /** @param {string} key */
  remove(key) {
    this.#memory.delete(this.prefix + key);
    try {
      this.storage?.removeItem(this.prefix + key);
    } catch {
      // it was not there to begin with
    }
  }

  /** The keys that are kept, without the person's prefix. @param {string} [beginning] @returns {string[]} */
  keys(beginning = "") {
    const wanted = this.prefix + beginning;
    const found = new Set(this.#memory.keys());
    try {
      for (let place = 0; place < (this.storage?.length ?? 0); place += 1) found.add(this.storage?.key(place) ?? "");
    } catch {
      // only what is in memory
    }
    return [...found].filter((name) => name.startsWith(wanted)).map((name) => name.slice(this.prefix.length));
  }

  /** Everything of this person goes, and nothing comes any more. */
  wipe() {
    this.#closed = true;
    for (const key of this.keys()) this.remove(key);
  }
}
