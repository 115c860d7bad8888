/** The chat's HTTP: JSON in and out, the session's token, errors as ApiError. */

import { ApiError, fromAnswer } from "./errors.js";

/** @typedef {import("./world.js").World} World */

/**
 * @typedef {object} Sending
 * @property {any} [body] JSON, or a Blob as it is
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

export class Api {
  /** @param {string} csrf @param {World} world @param {() => Promise<import("../session.js").Session>} session */
  constructor(csrf, world, session) {
    this.csrf = csrf;
    this.world = world;
    this.session = session;
  }

  /** @param {string} path @param {Record<string, string | null | undefined>} [query] @returns {Promise<any>} */
  get(path, query = {}) {
    const given = Object.entries(query).filter(([, value]) => value);
    const search = new URLSearchParams(/** @type {[string, string][]} */ (given)).toString();
    return this.call("GET", search ? `${path}?${search}` : path);
  }

  /**
   * @param {string} method @param {string} path @param {Sending} [sending]
   * @returns {Promise<any>} the JSON of the answer; null where there is none
   */
  async call(method, path, sending = {}) {
    const answer = await this.answer(method, path, sending);
    return answer.status === 204 ? null : answer.json();
  }

  /**
   * A good answer. An ended session is extended, or leads to the login page, in the one way there is.
   * @param {string} method @param {string} path @param {Sending} [sending] @param {boolean} [again]
   * @returns {Promise<Response>}
   */
  async answer(method, path, sending = {}, again = true) {
    const answer = await this.#fetched(method, path, sending);
    if (answer.ok) return answer;
    const error = fromAnswer({ status: answer.status, header: (name) => answer.headers.get(name), text: await answer.text() });
    if (again && (await this.mended(error, method))) return this.answer(method, path, sending, false);
    throw error;
  }

  /**
   * Whether the same call may work now: the session lives after all, or its token was an old one.
   * @param {ApiError} error @param {string} method @returns {Promise<boolean>}
   */
  async mended(error, method) {
    const stale = error.status === 403 && error.code === "forbidden" && method !== "GET";
    if (error.status !== 401 && !stale) return false;
    return (await (await this.session()).revive()) === "alive";
  }

  /** @param {string} method @param {string} path @param {Sending} sending @returns {Promise<Response>} */
  async #fetched(method, path, { body, headers = {}, signal }) {
    const raw = body instanceof Blob;
    const sent = raw || body === undefined ? body : JSON.stringify(body);
    /** @type {Record<string, string>} */
    const own = {};
    if (!raw && body !== undefined) own["Content-Type"] = "application/json";
    if (method !== "GET") own["X-CSRFToken"] = this.csrf;
    try {
      return await this.world.fetch(path, {
        method, body: sent, signal, cache: "no-store", credentials: "same-origin", headers: { ...own, ...headers },
        keepalive: method === "PATCH" || method === "DELETE", // also where the page is left a moment later
      });
    } catch (failure) {
      if (signal?.aborted) throw failure;
      throw new ApiError({ code: "offline" });
    }
  }
}
