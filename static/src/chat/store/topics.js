/** Who listens to what. Once for each microtask, but for "delta", which is delivered at once and in order. */

/** @typedef {(detail: any) => void} Listener */

export class Topics {
  /** @type {Map<string, Set<Listener>>} */
  #listeners = new Map();
  /** @type {Map<any, [string, any]>} */
  #waiting = new Map();

  /** @param {string} topic @param {Listener} listener @returns {() => void} what ends it */
  on(topic, listener) {
    const there = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, there.add(listener));
    return () => there.delete(listener);
  }

  /**
   * Say it to all. Several of one topic (and one generation) before the microtask are said once, notices each.
   * @param {string} topic @param {any} [detail]
   */
  emit(topic, detail) {
    if (topic === "delta") {
      this.deliver();
      this.#tell(topic, detail);
      return;
    }
    if (!this.#waiting.size) queueMicrotask(() => this.deliver());
    this.#waiting.set(topic === "notice" ? detail : `${topic} ${detail?.g ?? ""}`, [topic, detail]);
  }

  /** What waits, now. */
  deliver() {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const [topic, detail] of all) this.#tell(topic, detail);
  }

  /** One listener that fails keeps nothing from the others. @param {string} topic @param {any} detail */
  #tell(topic, detail) {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) {
      try {
        listener(detail);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
