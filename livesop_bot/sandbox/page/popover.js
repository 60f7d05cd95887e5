/** Lists that open at a control: menus and option lists. One is open at a time. */

import { h } from "/page/dom.js";

let current = null;

/** Closes the open list; `refocus` gives the focus back to the control that opened it. */
export function closePopover({ refocus = false } = {}) {
  if (!current) return;
  const { node, anchor, stop } = current;
  current = null;
  stop.abort();
  node.remove();
  if (refocus) anchor.focus(); // first: a closed menu's control may be out of sight
  anchor.setAttribute("aria-expanded", "false");
}

/** Whether `anchor`'s list is the open one. */
export function isOpen(anchor) {
  return current?.anchor === anchor;
}

/** Opens `node` below (or above) `anchor`, in the top layer, inside the anchor's dialog if any. */
export function openPopover(anchor, node, { align = "left" } = {}) {
  closePopover();
  const stop = new AbortController();
  const { signal } = stop;
  node.classList.add("popover");
  node.setAttribute("popover", "manual");
  (anchor.closest("dialog") ?? document.body).append(node);
  node.showPopover();
  current = { node, anchor, stop };
  anchor.setAttribute("aria-expanded", "true");
  place(anchor, node, align);

  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      closePopover({ refocus: true });
    } else if (event.key === "Tab") closePopover({ refocus: true });
  }, { signal });
  document.addEventListener("pointerdown", (event) => {
    if (!node.contains(event.target) && !anchor.contains(event.target)) closePopover();
  }, { signal, capture: true });
  window.addEventListener("resize", () => closePopover(), { signal });
  document.addEventListener("scroll", (event) => {
    if (!node.contains(event.target)) closePopover();
  }, { signal, capture: true });
}

/** Puts the list beside its control, inside the window. */
function place(anchor, node, align) {
  const at = anchor.getBoundingClientRect();
  const size = node.getBoundingClientRect();
  const below = at.bottom + 4 + size.height <= innerHeight || at.top < size.height;
  const left = align === "right" ? at.right - size.width : at.left;
  node.style.top = `${Math.max(8, below ? Math.min(at.bottom + 4, innerHeight - size.height - 8) : at.top - size.height - 4)}px`;
  node.style.left = `${Math.max(8, Math.min(left, innerWidth - size.width - 8))}px`;
  node.style.minWidth = `${Math.min(at.width, innerWidth - 16)}px`;
}

/** A menu of {label, icon?, danger?, run}; arrow keys move, Enter chooses. */
export function openMenu(anchor, entries, { label, align = "right" } = {}) {
  const items = entries.map((entry) =>
    h("button.menu-item", {
      type: "button",
      role: "menuitem",
      class: entry.danger ? "danger" : "",
      onclick: () => {
        closePopover({ refocus: true });
        entry.run();
      },
    }, entry.icon, h("span", {}, entry.label, entry.description && h("small", {}, entry.description))),
  );
  const menu = h("div.menu", {
    role: "menu",
    "aria-label": label,
    onkeydown: (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const at = items.indexOf(document.activeElement);
      items[(at + step + items.length) % items.length].focus();
    },
  }, items);
  openPopover(anchor, menu, { align });
  items[0]?.focus();
}
