/** What the server refused, in the page's words. */

import { has, t } from "../../lib/texts.js";

export class ApiError extends Error {
  /**
   * @param {{ code: string, args?: Record<string, any>, ref?: string, status?: number,
   *   retryAfterMs?: number | null, details?: string | null, message?: string }} facts
   */
  constructor(facts) {
    super(facts.message || facts.code);
    this.code = facts.code;
    this.key = `error.${facts.code}`;
    this.args = facts.args ?? {};
    this.ref = facts.ref ?? "";
    this.status = facts.status ?? 0; // 0: by the socket, or it never got there
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.details = facts.details ?? null;
  }
}

/**
 * The text of whatever was thrown, of a Pending's or a generation's error, or of a code.
 * @param {any} error @returns {string}
 */
export function words(error) {
  const code = typeof error === "string" ? error : error?.code;
  const args = error?.args ?? {};
  if (code === "busy" && !args.who) return t("error.busy.somebody");
  const key = `error.${code}`;
  return has(key) ? t(key, args) : t("error.unknown", { code: String(code ?? error) });
}

/** @param {any} frame an `error` of the socket @returns {ApiError} */
export function fromFrame(frame) {
  return new ApiError({ code: frame.code, args: frame.args, ref: frame.ref, retryAfterMs: frame.retry_after_ms });
}

/**
 * @param {{ status: number, header: (name: string) => string | null, text: string }} answer
 * @returns {ApiError}
 */
export function fromAnswer({ status, header, text }) {
  const found = envelope(text);
  const code = found.code ?? (status === 413 ? "body_too_large" : status === 429 ? "rate_limit_exceeded" : `http_${status}`);
  const seconds = Number(header("retry-after"));
  const args = { ...(found.param ? { param: found.param } : {}), ...(code === "busy" ? { who: found.details ?? "" } : {}) };
  return new ApiError({
    code, args, status, ref: header("x-request-id") ?? "", retryAfterMs: seconds ? seconds * 1000 : null,
    details: found.details, message: found.message,
  });
}

/** @param {string} text @returns {any} */
function envelope(text) {
  try {
    return JSON.parse(text).error ?? {};
  } catch {
    return {}; // a proxy's page
  }
}
