/** Whether a file can be an image of a question, before anything is uploaded. Pure, but for reading first bytes. */

import { size } from "../../lib/texts.js";

/** @typedef {{ key: string, args?: Record<string, string | number> }} Refusal */

const TAKEN = new Set(["image/png", "image/jpeg", "image/webp", "image/gif"]);
const HEIC = /^(heic|heix|hevc|hevx|heim|heis|mif1|msf1)$/;

/**
 * What can be said by a file's name, type and size.
 * @param {{ name: string, type: string, size: number }} file
 * @param {Pick<import("../shapes").Limits, "image_bytes">} limits @returns {Refusal | null}
 */
export function refusal(file, limits) {
  if (/^image\/hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(file.name)) return { key: "composer.image.heic" };
  const named = /\.(png|jpe?g|jfif|webp|gif)$/i.test(file.name);
  if (!TAKEN.has(file.type) && !(file.type === "" && named)) return { key: "composer.image.kind" };
  if (file.size === 0) return { key: "composer.image.empty" };
  if (file.size > limits.image_bytes) {
    return { key: "composer.image.large", args: { size: size(file.size), limit: size(limits.image_bytes) } };
  }
  return null;
}

/**
 * What its first bytes say: phones give HEIC photos the name of a JPEG.
 * @param {Uint8Array} head at least 12 bytes @returns {Refusal | null}
 */
export function headRefusal(head) {
  const text = String.fromCharCode(...head.subarray(0, 12));
  if (text.slice(4, 8) === "ftyp") return { key: HEIC.test(text.slice(8)) ? "composer.image.heic" : "composer.image.kind" };
  const known = text.startsWith("\x89PNG") || text.startsWith("\xff\xd8\xff") || text.startsWith("GIF8")
    || (text.startsWith("RIFF") && text.slice(8) === "WEBP");
  return known ? null : { key: "composer.image.kind" };
}

/** @param {Blob} file @returns {Promise<Refusal | null>} */
export async function look(file) {
  return headRefusal(new Uint8Array(await file.slice(0, 12).arrayBuffer()));
}

/**
 * @param {number} width @param {number} height
 * @param {Pick<import("../shapes").Limits, "image_pixels">} limits @returns {Refusal | null}
 */
export function pixelRefusal(width, height, limits) {
  if (width * height <= limits.image_pixels) return null;
  return { key: "composer.image.pixels", args: { limit: Math.round(limits.image_pixels / 1e6) } };
}
