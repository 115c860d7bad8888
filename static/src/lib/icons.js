/** The page's own drawings, 24 x 24, stroked in the text's colour. */

const NAMESPACE = "http://www.w3.org/2000/svg";

/** @type {Record<string, string>} */
const PATHS = {
  plus: "M12 5v14M5 12h14",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM20 20l-4-4",
  menu: "M4 6h16M4 12h16M4 18h16",
  more: "M6 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6zM12 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6zM18 11.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M8 8h8v8H8z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01",
  clear: "M4 15l7-7 6 6-5 5H8zM11 8l3-3 6 6-3 3M12 20h8",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  check: "M5 13l4 4L19 7",
  edit: "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
  retry: "M20 11a8 8 0 1 0-2 6M20 5v6h-6",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  pin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
  unpin: "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6M4 4l16 16",
  archive: "M4 5h16v4H4zM5 9v10h14V9M10 13h4",
  download: "M12 4v11M7 11l5 5 5-5M5 20h14",
  upload: "M12 20V9M7 13l5-5 5 5M5 4h14",
  settings: "M4 7h9M17 7h3M4 17h3M11 17h9M15 5v4M9 15v4",
  team: "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM3 20c0-4 3-5.5 6-5.5s6 1.5 6 5.5M16 5.5a3.5 3.5 0 0 1 0 6.5M17.5 15c2 .7 3.5 2.300 3.5 5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  down: "M12 5v14M6 13l6 6 6-6",
  "chevron-left": "M15 6l-6 6 6 6",
  "chevron-right": "M9 6l6 6-6 6",
  panel: "M4 5h16v14H4zM10 5v14",
  info: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 11v5M12 8h.01",
  warning: "M12 4l9 16H3zM12 10v4M12 17h.01",
  keyboard: "M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M17 10h.01M8 14h8",
  logout: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
  play: "M8 5l11 7-11 7z",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  think: "M9.5 17.5h5M10.5 20.5h3M12 3.5a6 6 0 0 0-3.700 10.700c.8.700 1.200 1.400 1.200 2.300h5c0-.9.400-1.600 1.200-2.300A6 6 0 0 0 12 3.5z",
  sliders: "M4 8h10M18 8h2M4 16h2M10 16h10M16 6v4M8 14v4",
};

/**
 * A decoration, hidden from screen readers: its button has the name.
 * @param {string} name @returns {SVGSVGElement}
 */
export function icon(name) {
  const path = PATHS[name];
  if (!path) throw new Error(`no icon ${name}`);
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(NAMESPACE, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}
