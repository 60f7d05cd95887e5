/** Slack's rich_text block: sections, lists, quotes, code, with their styled runs. */

import { formatDate } from "/page/dates.js";
import { h } from "/page/dom.js";
import { emoji } from "/page/emoji.js";
import { anchor, broadcast, channelMention, lines, userMention } from "/page/mrkdwn.js";

/** A whole rich_text block. */
export function richText(block, store) {
  return h("div.rich-text", {}, block.elements.map((part) => section(part, store)));
}

function section(part, store) {
  const runs = () => part.elements.map((run) => styled(run, store));
  switch (part.type) {
    case "rich_text_section":
      return h("div", {}, runs());
    case "rich_text_quote":
      return h("blockquote", {}, runs());
    case "rich_text_preformatted":
      return h("pre", {}, part.elements.map((run) => run.text ?? run.url ?? ""));
    case "rich_text_list": {
      const ordered = part.style === "ordered";
      return h(ordered ? "ol" : "ul", { class: `indent-${Math.min(part.indent ?? 0, 4)}`, start: ordered && part.offset ? part.offset + 1 : null },
        part.elements.map((item) => h("li", {}, item.elements.map((run) => styled(run, store)))));
    }
    default:
      return h("span.unsupported", {}, `[${part.type} is not shown in the sandbox]`);
  }
}

/** One run inside its styles. */
function styled(run, store) {
  const style = run.style ?? {};
  let node = content(run, store);
  if (style.code) node = h("code", {}, node);
  if (style.strike) node = h("s", {}, node);
  if (style.italic) node = h("em", {}, node);
  if (style.bold) node = h("strong", {}, node);
  return node;
}

function content(run, store) {
  switch (run.type) {
    case "text":
      return lines(run.text);
    case "link":
      return anchor(run.url, run.text ?? run.url);
    case "user":
      return userMention(run.user_id, store);
    case "channel":
      return channelMention(run.channel_id, store);
    case "emoji":
      return emoji(run.name) ?? `:${run.name}:`;
    case "broadcast":
      return broadcast(run.range);
    case "usergroup":
      return h("span.mention", {}, "@group");
    case "date":
      return h("time", { title: run.fallback }, formatDate(run.timestamp, run.format));
    case "color":
      return h("code", {}, run.value);
    default:
      return run.text ?? "";
  }
}
