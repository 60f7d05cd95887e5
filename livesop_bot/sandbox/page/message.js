/** One message: who, when, what, its thread's summary, and what can be done with it. */

import { renderBlocks } from "/page/blocks.js";
import { clock, dateOf, dayAndTime } from "/page/dates.js";
import { avatar, h, icon, iconButton } from "/page/dom.js";
import { emoji } from "/page/emoji.js";
import { actor } from "/page/interactions.js";
import { mrkdwn } from "/page/mrkdwn.js";
import { openMenu } from "/page/popover.js";

const SYSTEM = new Set([
  "channel_join", "channel_leave", "channel_topic", "channel_purpose", "channel_name", "channel_archive",
  "pinned_item", "group_join", "group_leave", "bot_add", "tombstone",
]);

/** The ⋮ menu: Slack's own entries, and the app's shortcuts. */
function menu(row) {
  const { message, channel, store, actions } = row;
  return [
    { label: "Copy link", icon: icon("link"), run: () => actions.copyLink(channel, message) },
    ...store.shortcuts.map(({ name, callback_id }) => ({
      label: name, icon: avatar({ is_bot: true }, "tiny"), run: () => actions.shortcut(channel, message.ts, callback_id),
    })),
    ...(isOwn(row) ? [
      { label: "Edit message", icon: icon("edit"), run: () => actions.edit(message.ts) },
      { label: "Delete message", icon: icon("trash"), danger: true, run: () => actions.remove(channel, message) },
    ] : []),
  ];
}

function isOwn({ message, store }) {
  return message.user === store.me.id && !message.bot_id && !SYSTEM.has(message.subtype);
}

/**
 * A message as an <article>. `row`: {message, channel, ephemeral, inThread, compact, form, editor?, redraw, store,
 * actions}.
 */
export function messageNode(row) {
  const { message, store, compact, ephemeral } = row;
  const author = store.author(message);
  const at = dateOf(message.ts);
  const node = h("article.message", {
    tabindex: "-1", "data-ts": message.ts, "data-key": `message-${message.ts}`, "data-author": author.name,
    "aria-label": `${author.name}, ${dayAndTime(at)}${ephemeral ? ", only visible to you" : ""}`,
    class: `${compact ? "compact" : ""} ${ephemeral ? "ephemeral" : ""} ${SYSTEM.has(message.subtype) ? "system" : ""} ${row.editor ? "editing" : ""}`,
  },
    ephemeral && h("div.only-you", {}, icon("eye"), "Only visible to you"),
    h("div.gutter", {}, compact ? h("time.compact-time", {}, clock(at)) : avatar(author)),
    h("div.content", {},
      !compact && h("div.meta", {}, h("span.author", {}, author.name), author.is_bot && h("span.badge", {}, "APP"), time(row, at)),
      row.editor ?? body(row),
      message.files?.map((file) => h("div.file", {}, icon("file"), file.name)),
      reactions(message, store),
      !row.inThread && !ephemeral && threadBar(row),
      ephemeral && h("button.link-button.dismiss", { type: "button", onclick: () => row.actions.dismiss(message.ts) }, "Dismiss message")),
    !ephemeral && !row.editor && !SYSTEM.has(message.subtype) && toolbar(row));
  return node;
}

/** The time, which is the message's own link. */
function time({ message, channel, store, ephemeral }, at) {
  if (ephemeral) return h("time.time", { title: dayAndTime(at) }, clock(at));
  return h("a.time", { href: store.permalink(channel, message), title: dayAndTime(at) }, clock(at));
}

function body(row) {
  const { message, store, channel, ephemeral, form } = row;
  const edited = message.edited && h("span.edited", {}, " (edited)");
  if (message.blocks?.length) {
    const container = { type: "message", channel, ts: message.ts, is_ephemeral: ephemeral };
    return h("div.body", {}, renderBlocks(message.blocks, {
      store, form, scope: message.ts, redraw: row.redraw, act: actor(store, container, form),
    }), edited);
  }
  const text = mrkdwn(message.text, store);
  const styled = message.subtype === "me_message" ? h("em", {}, text) : text;
  return h("div.body.text", { class: onlyEmoji(message.text) ? "jumbo" : "" }, styled, edited);
}

/** Slack shows a message of a few emoji and nothing else in large. */
const onlyEmoji = (text) => /^\s*(:[a-z0-9_+'-]+:\s*){1,6}$/.test(text ?? "");

function reactions(message, store) {
  return message.reactions?.length > 0 && h("div.reactions", {}, message.reactions.map((reaction) =>
    h("span.reaction", { title: reaction.users.map((u) => store.name(u)).join(", ") },
      emoji(reaction.name) ?? `:${reaction.name}:`, h("span", {}, String(reaction.count)))));
}

/** "2 replies · last reply today at 14:05", which opens the thread. */
function threadBar({ message, channel, store, actions }) {
  const root = message.thread_ts ?? message.ts;
  if (root !== message.ts) {
    return h("button.thread-bar", { type: "button", onclick: () => actions.openThread(channel, root) }, "View thread");
  }
  const replies = store.replies(channel, message.ts).filter((r) => !r.ephemeral).map((r) => r.message);
  if (!replies.length) return null;
  const authors = [...new Map(replies.map((r) => [r.user ?? r.bot_id, store.author(r)])).values()].slice(0, 5);
  return h("button.thread-bar", { type: "button", "data-key": `thread-${message.ts}`, onclick: () => actions.openThread(channel, message.ts) },
    authors.map((a) => avatar(a, "small")),
    h("strong", {}, `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`),
    h("span", {}, `Last reply ${dayAndTime(dateOf(replies.at(-1).ts)).toLowerCase()}`));
}

/** What stands at a message under the pointer, or with the focus inside: a reply, and the ⋮ menu. */
function toolbar(row) {
  const { message, channel, actions } = row;
  const more = iconButton("menu", "More actions", () => openMenu(more, menu(row), { label: "More actions" }), {
    "aria-haspopup": "menu", "aria-expanded": "false", "data-key": `more-${message.ts}`,
  });
  return h("div.toolbar", { role: "group", "aria-label": "Message actions" },
    !row.inThread && iconButton("reply", "Reply in thread", () => actions.openThread(channel, message.thread_ts ?? message.ts), {
      "data-key": `reply-${message.ts}`,
    }),
    more);
}
