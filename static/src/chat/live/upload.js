/** Sending one file with its progress, which `fetch` does not tell. */

import { ApiError, fromAnswer } from "./errors.js";

/** @typedef {import("./api.js").Api} Api */
/** @typedef {{ headers?: Record<string, string>, onprogress?: (part: number) => void, signal?: AbortSignal }} More */

/**
 * @param {Api} api @param {string} path @param {Blob} file @param {More} [more] @param {boolean} [again]
 * @returns {Promise<any>} the JSON of the answer, or ApiError
 */
export async function send(api, path, file, more = {}, again = true) {
  try {
    return await new Promise((resolve, reject) => begin(api.csrf, path, file, more, resolve, reject));
  } catch (error) {
    if (again && error instanceof ApiError && (await api.mended(error, "POST"))) return send(api, path, file, more, false);
    throw error;
  }
}

/**
 * @param {string} csrf @param {string} path @param {Blob} file @param {More} more
 * @param {(answer: any) => void} resolve @param {(error: any) => void} reject
 */
function begin(csrf, path, file, { headers = {}, onprogress, signal }, resolve, reject) {
  const request = new XMLHttpRequest();
  request.open("POST", path);
  for (const [name, value] of Object.entries({ "X-CSRFToken": csrf, ...headers })) request.setRequestHeader(name, value);
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
