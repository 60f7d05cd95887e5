/** Between what people type and what Slack stores: entities, mentions, links. */

import { unescape } from "/page/mrkdwn.js";

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
const escape = (text) => text.replace(/[&<>]/g, (c) => ESCAPES[c]);
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Typed text as Slack's clients send it: `@Ada` becomes `<@U…>`, addresses get their brackets. */
export function encode(text, store) {
  const people = new Map([...store.users.values()].flatMap((u) => [[u.name, u.id], [u.real_name || u.name, u.id]]));
  const channels = new Map(store.publicChannels().map((c) => [c.name, c.id]));
  const longest = (names) => [...names].sort((a, b) => b.length - a.length).map(literal).join("|") || "(?!)";
  const pattern = new RegExp(
    String.raw`(https?://[^\s<>|]*[^\s<>|.,;:!?)'"*_~])|@(here|channel|everyone)\b|@(${longest(people.keys())})(?![\p{L}\p{N}])|#(${longest(channels.keys())})(?![\p{L}\p{N}_-])`, "gu");
  let out = "";
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, url, range, person, channel] = match;
    out += escape(text.slice(done, match.index));
    if (url) out += `<${escape(url)}>`;
    else if (range) out += `<!${range}>`;
    else if (person) out += `<@${people.get(person)}>`;
    else out += `<#${channels.get(channel)}|${channel}>`;
    done = match.index + whole.length;
  }
  return out + escape(text.slice(done));
}

/** A stored text as a person would type it, for editing. */
export function decode(text, store) {
  const plain = text.replace(/<([^<>]+)>/g, (whole, inside) => {
    const [target, label] = inside.split("|");
    if (target.startsWith("@")) return `@${store.name(target.slice(1))}`;
    if (target.startsWith("#")) return `#${store.channelName(target.slice(1))}`;
    if (target.startsWith("!")) return `@${target.slice(1)}`;
    return label && label !== target ? label : target;
  });
  return unescape(plain);
}
