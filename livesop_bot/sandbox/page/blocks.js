/** Block Kit blocks as DOM. */

import { h, icon } from "/page/dom.js";
import { element } from "/page/elements.js";
import { plainText, textObject } from "/page/mrkdwn.js";
import { richText } from "/page/rich_text.js";

/**
 * Renders a list of blocks. `context`: {store, form, scope, act, redraw, errors?}: `scope` names the message or view,
 * `act(control, action, confirm)` reports an interaction and resolves to whether it was confirmed,
 * `redraw()` shows the blocks anew, `errors` are a modal's, by block_id.
 */
export function renderBlocks(blocks, context) {
  context.form.begin();
  return h("div.blocks", {}, blocks.map((block, i) => {
    const blockId = block.block_id ?? `block-${i}`;
    return render(block, { ...context, blockId });
  }));
}

function render(block, context) {
  const renderer = BLOCKS[block.type];
  const node = renderer
    ? renderer(block, context)
    : h("div.unsupported", {}, `[A block of type ${block.type} is not shown in the sandbox]`);
  node.classList.add("block");
  node.dataset.block = context.blockId;
  return node;
}

function section(block, context) {
  const label = block.text?.text?.replace(/[*_~`]/g, "").split("\n")[0];
  const accessory = block.accessory && (block.accessory.type === "image"
    ? picture(block.accessory, "accessory-image")
    : element(block.accessory, { ...context, label: block.accessory.type === "button" ? undefined : label }));
  return h("div.section", {},
    h("div.section-body", {},
      block.text && h("div.section-text", {}, textObject(block.text, context.store)),
      block.fields && h("div.fields", {}, block.fields.map((f) => h("div.field", {}, textObject(f, context.store))))),
    accessory && h("div.accessory", {}, accessory));
}

/** A picture that the page may load (its own or data:), else a frame with the alternative text. */
function picture(spec, kind) {
  const url = spec.image_url ?? "";
  if (/^data:image\//.test(url) || /^\/(?!\/)/.test(url)) return h("img", { class: kind, src: url, alt: spec.alt_text });
  return h("span.picture-placeholder", { class: kind, role: "img", "aria-label": spec.alt_text, title: url },
    icon("picture"), h("span", {}, spec.alt_text));
}

const BLOCKS = {
  section,

  header: (block) => h("div.header", { role: "heading", "aria-level": "3" }, plainText(block.text.text)),

  divider: () => h("div.divider", { role: "separator" }),

  context: (block, { store }) => h("div.context", {}, block.elements.map((part) =>
    part.type === "image" ? picture(part, "context-image") : h("span.context-text", {}, textObject(part, store)))),

  actions: (block, context) => h("div.actions", {}, block.elements.map((spec) => element(spec, context))),

  image: (block) => h("figure.image", {},
    block.title && h("figcaption", {}, plainText(block.title.text)), picture(block, "block-image")),

  rich_text: (block, { store }) => richText(block, store),

  input(block, context) {
    const error = context.errors?.[block.block_id];
    const control = element(block.element, { ...context, label: block.label.text, inInput: true, dispatch: block.dispatch_action });
    const errorId = `error-${context.scope}-${context.blockId}`;
    if (error) {
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", errorId);
    }
    return h("div.input-block", { class: error ? "has-error" : "" },
      h("div.label", {}, plainText(block.label.text), block.optional && h("span.optional", {}, " (optional)")),
      control,
      block.hint && h("div.hint", {}, plainText(block.hint.text)),
      error && h("div.error", { id: errorId, role: "alert" }, icon("warn"), error));
  },
};
