/** Dialogs in the browser's top layer (it keeps the focus inside), and short notices. */

import { h, iconButton } from "/page/dom.js";
import { closePopover } from "/page/popover.js";
import { plainText, textObject } from "/page/mrkdwn.js";

let serial = 0;

/**
 * Opens a dialog titled `title` (nodes). `onclose` runs for Esc and the ✕; `body` and `footer` are elements.
 * Gives the <dialog>; closing it removes it and hands the focus back.
 */
export function openDialog({ title, body, footer, kind = "", onclose, back }) {
  closePopover();
  const id = `dialog-${++serial}`;
  const dialog = h("dialog.dialog", {
    class: kind, "aria-labelledby": id,
    oncancel: (event) => {
      event.preventDefault();
      onclose();
    },
    onclose: () => dialog.remove(),
  },
    h("header.dialog-head", {},
      back && iconButton("back", "Back", back),
      h("h2", { id }, title),
      iconButton("close", "Close", onclose, { class: "dialog-x", "data-key": "dialog-x" })),
    body,
    footer);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Block Kit's confirmation dialog; resolves to whether the person agreed. */
export function confirmDialog(spec, store) {
  return new Promise((resolve) => {
    const answer = (agreed) => {
      dialog.close();
      resolve(agreed);
    };
    const dialog = openDialog({
      kind: "confirm",
      title: plainText(spec.title?.text ?? "Are you sure?"),
      onclose: () => answer(false),
      body: h("div.dialog-body", {}, textObject(spec.text, store)),
      footer: h("footer.dialog-foot", {},
        h("button.button", { type: "button", onclick: () => answer(false) }, plainText(spec.deny?.text ?? "Cancel")),
        h("button.button", {
          type: "button", autofocus: true, class: spec.style === "danger" ? "danger solid" : "primary",
          onclick: () => answer(true),
        }, plainText(spec.confirm?.text ?? "Yes"))),
    });
    dialog.querySelector("[autofocus]").focus();
  });
}

/** A notice that leaves by itself; the newest three stay, each said once. */
export function toast(text, { bad = false } = {}) {
  const holder = document.getElementById("toasts");
  [...holder.children].find((other) => other.textContent === text)?.remove();
  const node = h("div.toast", { class: bad ? "bad" : "", role: bad ? "alert" : null }, h("span", {}, text),
    iconButton("close", "Dismiss", () => node.remove()));
  node.addEventListener("animationend", (event) => {
    if (event.animationName === "toast-out") node.remove();
  });
  holder.append(node);
  while (holder.children.length > 3) holder.firstChild.remove();
  holder.setAttribute("popover", "manual");
  if (holder.matches(":popover-open")) holder.hidePopover();
  holder.showPopover(); // above an open dialog
}
