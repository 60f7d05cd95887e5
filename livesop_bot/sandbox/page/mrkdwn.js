/** Slack's mrkdwn as DOM. Text stays text: nothing in a message can become markup of the page. */

import { formatDate } from "/page/dates.js";
import { h } from "/page/dom.js";
import { emoji } from "/page/emoji.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
const STYLES = { "*": "strong", _: "em", "~": "s" };
const SAFE = /^(https?:|mailto:|tel:)/i;

/** The text behind Slack's three entities. */
export function unescape(text) {
  return text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);
}

/** A stored text as a person would type it, for editing; the server turns it back. */
export function asTyped(text, store) {
  const plain = text.replace(/<([^<>]+)>/g, (whole, inside) => {
    const [target, label] = inside.split("|");
    if (target.startsWith("@")) return `@${store.name(target.slice(1))}`;
    if (target.startsWith("#")) return `#${store.channelName(target.slice(1))}`;
    if (target.startsWith("!")) return `@${target.slice(1)}`;
    return label && label !== target ? label : target;
  });
  return unescape(plain);
}

/** A link that opens outside the page; an address that is no web or mail address stays text. */
export function anchor(href, label) {
  if (!SAFE.test(href)) return label;
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, label);
}

/** A person, as a mention; oneself stands out. */
export function userMention(id, store, fallback) {
  const name = store.users.has(id) ? store.name(id) : (fallback ?? id);
  return h("span.mention", { class: id === store.me?.id ? "me" : "" }, `@${name.replace(/^@/, "")}`);
}

/** A channel, as a link that switches to it. */
export function channelMention(id, store, fallback) {
  const name = store.channels.has(id) ? store.channelName(id) : (fallback ?? id);
  if (!store.channels.has(id)) return h("span.mention", {}, `#${name}`);
  return h("button.mention.channel-link", { type: "button", "data-channel": id }, `#${name}`);
}

/** `<!here>` and its like. */
export function broadcast(range) {
  return h("span.mention.me", {}, `@${range}`);
}

/** One `<…>` of a message. */
function reference(inside, store) {
  const [target, ...rest] = inside.split("|");
  const label = rest.length ? unescape(rest.join("|")) : undefined;
  if (/^@[UWB]/.test(target)) return userMention(target.slice(1), store, label);
  if (/^#C/.test(target)) return channelMention(target.slice(1), store, label);
  if (target.startsWith("!date^")) {
    const [, seconds, format, link] = target.split("^");
    const shown = Number.isFinite(Number(seconds)) ? formatDate(seconds, unescape(format ?? "")) : label;
    return link ? anchor(unescape(link), shown) : h("time", { title: label }, shown);
  }
  if (target.startsWith("!subteam^")) return h("span.mention", {}, label ?? "@group");
  if (target.startsWith("!")) return broadcast(label?.replace(/^@/, "") ?? target.slice(1));
  const href = unescape(target);
  return anchor(href, label || href.replace(/^mailto:/, ""));
}

const TOKEN = /<([^<>\n]+)>|`([^`\n]+)`|:([a-z0-9_+'-]+):(?::skin-tone-[2-6]:)?|([*_~])|https?:\/\/[^\s<>|]*[^\s<>|.,;:!?)'"*_~]/g;

const DEEPEST = 6; // styles inside styles; beyond that marks stay text

/** Where a run that opens at `from` with `mark` closes on the same line, or -1. */
function closing(text, from, mark) {
  const newline = text.indexOf("\n", from);
  const end = newline === -1 ? text.length : newline;
  for (let at = text.indexOf(mark, from + 1); at !== -1 && at < end; at = text.indexOf(mark, at + 1)) {
    const after = text[at + 1];
    if (at > from + 1 && !/\s/.test(text[at - 1]) && (after === undefined || !/[\p{L}\p{N}]/u.test(after))) return at;
  }
  return -1;
}

/** One line or more without blocks: styles, code, links, mentions, emoji. */
function inline(text, store, verbatim, depth = 0) {
  const out = [];
  let done = 0;
  const pattern = new RegExp(TOKEN);
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [whole, ref, code, short, mark] = match;
    const before = text[match.index - 1];
    let node = null;
    let end = match.index + whole.length;
    if (ref !== undefined) node = reference(ref, store);
    else if (code !== undefined) node = h("code", {}, unescape(code.replace(/<([^<>|]+)(\|[^<>]*)?>/g, "$1")));
    else if (short !== undefined) node = emoji(short);
    else if (mark !== undefined) {
      const isWord = before !== undefined && /[\p{L}\p{N}]/u.test(before);
      const close = isWord || depth === DEEPEST ? -1 : closing(text, match.index, mark);
      if (close !== -1 && !/\s/.test(text[match.index + 1])) {
        node = h(STYLES[mark], {}, inline(text.slice(match.index + 1, close), store, verbatim, depth + 1));
        end = close + 1;
      }
    } else if (!verbatim) node = anchor(unescape(whole), unescape(whole));
    if (node === null) {
      if (short !== undefined) pattern.lastIndex = end - 1; // the colon may open the next name
      continue;
    }
    out.push(...lines(unescape(text.slice(done, match.index))), node);
    done = end;
    pattern.lastIndex = end;
  }
  out.push(...lines(unescape(text.slice(done))));
  return out;
}

/** Text with its line breaks as elements. */
export function lines(text) {
  return text.split("\n").flatMap((line, i) => (i ? [h("br"), line] : [line]));
}

/** Paragraphs and quotes of a text without code blocks. */
function paragraphs(text, store, verbatim) {
  const out = [];
  let quoted = null;
  let plain = [];
  const flush = () => {
    if (plain.length) out.push(h("span.line", {}, inline(plain.join("\n"), store, verbatim)));
    if (quoted) out.push(h("blockquote", {}, inline(quoted.join("\n"), store, verbatim)));
    plain = [];
    quoted = null;
  };
  for (const line of text.split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)$/.exec(line);
    if (Boolean(quote) !== Boolean(quoted)) flush();
    if (quote) (quoted ??= []).push(quote[1]);
    else plain.push(line);
  }
  flush();
  return out;
}

/** A mrkdwn text as nodes. `verbatim`: bare addresses stay text, as Slack's flag of that name. */
export function mrkdwn(text, store, { verbatim = false } = {}) {
  return String(text ?? "").split(/```\n?([\s\S]+?)\n?```\n?/).flatMap((part, i) => {
    if (i % 2) return [h("pre", {}, unescape(part.replace(/<((?:https?|mailto):[^<>|]+)(\|[^<>]*)?>/g, "$1")))];
    return part === "" ? [] : paragraphs(part, store, verbatim);
  });
}

/** A Block Kit text object as nodes. */
export function textObject(text, store) {
  if (!text) return [];
  if (text.type === "mrkdwn") return mrkdwn(text.text, store, { verbatim: text.verbatim });
  return plainText(text.text);
}

/** plain_text: emoji short names are all it knows. */
export function plainText(text) {
  return String(text ?? "").split(/(:[a-z0-9_+'-]+:)/).flatMap((part) => {
    const short = /^:(.+):$/.exec(part);
    return (short && emoji(short[1])) || lines(unescape(part));
  });
}
