/** Between what people type and what the server takes: it escapes and marks links; names are ours. */

import { unescape } from "/page/mrkdwn.js";

const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Typed text with its mentions as Slack's clients send them: `@Ada` becomes `<@U…>`. */
export function encode(text, store) {
  const people = new Map([...store.users.values()].flatMap((u) => [[u.name, u.id], [u.real_name || u.name, u.id]]));
  const channels = new Map(store.publicChannels().map((c) => [c.name, c.id]));
  const anyOf = (names) => [...names].sort((a, b) => b.length - a.length).map(literal).join("|") || "(?!)";
  const mention = new RegExp(
    String.raw`(?<![\p{L}\p{N}_.@#])(?:@(here|channel|everyone)|@(${anyOf(people.keys())})|#(${anyOf(channels.keys())}))(?![\p{L}\p{N}_-])`, "gu");
  return text.replace(mention, (whole, range, person, channel) => {
    if (range) return `<!${range}>`;
    return person ? `<@${people.get(person)}>` : `<#${channels.get(channel)}|${channel}>`;
  });
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
