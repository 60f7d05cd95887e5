/** Building DOM without HTML strings: data only ever becomes text nodes and attributes. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * One element. `tag` may carry classes ("div.a.b"); `props` are attributes, `on…` listeners,
 * `class` extra classes; children may be nodes, strings, arrays; empty ones are left out.
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.classList.add(...String(value).split(" ").filter(Boolean));
    else if (key === "value" || key === "checked") node[key] = value;
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...flat(children));
  return node;
}

/** Children without the empty ones. */
function flat(children) {
  return children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false && c !== "");
}

/** Puts new children into `parent`; focus and caret return to the element with the same `data-key`. */
export function fill(parent, ...children) {
  const active = document.activeElement;
  const key = parent.contains(active) ? active.dataset.key : undefined;
  const caret = key && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  parent.replaceChildren(...flat(children));
  if (!key || document.activeElement === active) return;
  const again = parent.querySelector(`[data-key="${CSS.escape(key)}"]`);
  again?.focus({ preventScroll: true });
  if (again && caret && caret[0] !== null) again.setSelectionRange?.(...caret);
}

/** Makes `nodes` the children of `parent`, touching only what differs, so that kept nodes keep focus and scroll. */
export function reconcile(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let cursor = parent.firstChild;
  for (const node of nodes) {
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
}

const ICONS = {
  home: "M3 11 12 4l9 7v9h-6v-6H9v6H3z",
  reply: "M4 5h16v11H10l-4 4v-4H4z",
  link: "M10 14a4 4 0 0 0 6 .5l3-3a4 4 0 0 0-6-6l-1.5 1.500M14 10a4 4 0 0 0-6-.5l-3 3a4 4 0 0 0 6 6l1.5-1.5",
  edit: "M4 20h4L19 9l-4-4L4 16z",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  close: "M5 5l14 14M19 5 5 19",
  back: "M14 5l-7 7 7 7",
  send: "M4 4l17 8-17 8 3-8z",
  down: "M5 9l7 7 7-7",
  menu: "M12 5h.01M12 12h.01M12 19h.01",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  eye: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7zm10-3a3 3 0 1 0 0 6 3 3 0 0 0 0-6",
  compass: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18m4 5-2.5 5.500L8 16l2.5-5.500z",
  check: "M5 13l5 5 9-11",
  picture: "M3 5h18v14H3zM3 16l5-5 5 5 3-3 5 4M16 9h.01",
  file: "M6 3h8l5 5v13H6zM14 3v5h5",
  clip: "M8 12l6-6a3.500 3.500 0 0 1 5 5l-8 8a5 5 0 0 1-7-7l7-7",
  warn: "M12 4 2.5 20h19zM12 10v5M12 17.500v.01",
};

/** A line icon; decorative, so the button around it carries the label. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A square with a person's colour and initials; bots get the LiveSOP mark. */
export function avatar(user, size = "") {
  if (user?.is_bot) {
    return h("img.avatar", { class: size, src: "/page/icon.svg", alt: "" });
  }
  const node = h("span.avatar", { class: size, "aria-hidden": "true" }, user?.initials || "?");
  const color = user?.color;
  if (color) node.style.backgroundColor = /^#/.test(color) ? color : `#${color}`;
  return node;
}

/** An icon-only button with its label for readers of all kinds. */
export function iconButton(name, label, onclick, props = {}) {
  return h("button.icon-button", { type: "button", "aria-label": label, title: label, onclick, ...props }, icon(name));
}
