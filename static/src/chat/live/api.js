/** The chat's HTTP: JSON in and out, the session's token, errors as ApiError. */

import { ApiError, fromAnswer } from "./errors.js";

/** @typedef {import("../session.js").Session} Session */
/** @typedef {import("./world.js").World} World */

/**
 * @typedef {object} Sending
 * @property {any} [body] JSON, or a Blob as it is
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal]
 */

export class Api {
  /** @param {Session} session @param {World} world */
  constructor(session, world) {
    this.session = session;
    this.world = world;
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
    return (await this.session.revive()) === "alive";
  }

  /** @param {string} method @param {string} path @param {Sending} sending @returns {Promise<Response>} */
  async #fetched(method, path, { body, headers = {}, signal }) {
    const raw = body instanceof Blob;
    const sent = raw || body === undefined ? body : JSON.stringify(body);
    /** @type {Record<string, string>} */
    const own = {};
    if (!raw && body !== undefined) own["Content-Type"] = "application/json";
    if (method !== "GET") own["X-CSRFToken"] = this.session.csrf;
    try {
      return await this.world.fetch(path, {
        method, body: sent, signal, cache: "no-store", credentials: "same-origin", headers: { ...own, ...headers },
      });
    } catch (failure) {
      if (signal?.aborted) throw failure;
      throw new ApiError({ code: "offline" });
    }
  }

  /**
   * Send one file; `fetch` tells no progress.
   * @param {string} path @param {Blob} file
   * @param {{ headers?: Record<string, string>, onprogress?: (part: number) => void, signal?: AbortSignal }} [more]
   * @returns {Promise<any>}
   */
  async upload(path, file, more = {}, again = true) {
    try {
      return await this.#sent(path, file, more);
    } catch (error) {
      if (again && error instanceof ApiError && (await this.mended(error, "POST"))) return this.upload(path, file, more, false);
      throw error;
    }
  }

  /** @param {string} path @param {Blob} file @param {any} more @returns {Promise<any>} */
  #sent(path, file, more) {
    return new Promise((resolve, reject) => this.#begin(path, file, more, resolve, reject));
  }

  /** @param {string} path @param {Blob} file @param {any} more @param {(answer: any) => void} resolve @param {(error: any) => void} reject */
  #begin(path, file, { headers = {}, onprogress, signal }, resolve, reject) {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    for (const [name, value] of Object.entries({ "X-CSRFToken": this.session.csrf, ...headers })) request.setRequestHeader(name, String(value));
    request.upload.onprogress = (event) => onprogress?.(event.loaded / (event.total || 1));
    request.onerror = () => reject(new ApiError({ code: "offline" }));
    request.onabort = () => reject(new DOMException("", "AbortError"));
    request.onload = () => {
      const { status, responseText: text } = request;
      if (status < 300) resolve(JSON.parse(text));
      else reject(fromAnswer({ status, header: (name) => request.getResponseHeader(name), text }));
    };
    signal?.addEventListener("abort", () => request.abort());
    if (signal?.aborted) reject(new DOMException("", "AbortError"));
    else request.send(file);
  }
}
