/** Block Kit's interactive elements as controls that report what a person did. */

import { h, icon } from "/page/dom.js";
import { isField } from "/page/form.js";
import { mrkdwn, plainText, textObject } from "/page/mrkdwn.js";
import { picker } from "/page/picker.js";
import { openMenu } from "/page/popover.js";

/**
 * Renders one element. `context`: {store, form, act, redraw, blockId, label, inInput, dispatch}.
 * Inside an input block a change is only kept; it is reported when the block asks (dispatch_action).
 */
export function element(spec, context) {
  const known = RENDERERS[spec.type];
  if (!known) return h("span.unsupported", {}, `[${spec.type} is not shown in the sandbox]`);
  return known({ ...spec, action_id: spec.action_id ?? `${context.blockId}-${spec.type}` }, context);
}

const labelOf = (spec, context, otherwise) =>
  spec.accessibility_label ?? context.label ?? spec.placeholder?.text ?? otherwise;
const keyOf = (spec, context) => `${context.blockId}/${spec.action_id}`;

/** Keeps a field's new value and reports it where Slack would. */
async function changed(control, spec, context, field, value) {
  const before = field.get();
  field.set(value);
  if (context.inInput && !context.dispatch) return;
  const confirmed = await report(control, spec, context, context.form.payload(context.blockId, spec));
  if (confirmed) return;
  field.set(before);
  context.redraw();
}

/** Resolves to false when the person said no to the element's confirm dialog. */
function report(control, spec, context, payload) {
  return context.act(control, { ...payload, action_id: spec.action_id, block_id: context.blockId }, spec.confirm);
}

function button(spec, context) {
  const control = h(spec.url ? "a.button" : "button.button", {
    class: spec.style ?? "", "data-key": keyOf(spec, context), "aria-label": spec.accessibility_label,
    ...(spec.url ? { href: /^https?:/i.test(spec.url) ? spec.url : "#", target: "_blank", rel: "noopener noreferrer" } : { type: "button" }),
    onclick: () => report(control, spec, context, { type: "button", text: spec.text, value: spec.value }),
  }, h("span.button-label", {}, plainText(spec.text.text)));
  return control;
}

/** Options as the picker wants them. */
function optionsOf(spec, store) {
  const groups = spec.option_groups ?? [{ options: spec.options ?? [] }];
  return groups.map((group) => ({
    label: group.label?.text,
    options: group.options.map((option) => ({
      key: option.value,
      text: option.text.text,
      label: () => textObject(option.text, store),
      description: option.description?.text,
      option,
    })),
  }));
}

function staticSelect(spec, context) {
  const multiple = spec.type === "multi_static_select";
  const field = context.form.field(context.blockId, spec);
  const groups = optionsOf(spec, context.store);
  const byKey = new Map(groups.flatMap((g) => g.options).map((o) => [o.key, o.option]));
  const value = field.get();
  const selected = (multiple ? value : value ? [value] : []).map((option) => option.value);
  return select(spec, context, { groups, selected, multiple, choose: (control, keys) => {
    const options = keys.map((k) => byKey.get(k));
    changed(control, spec, context, field, multiple ? options : options[0]);
  } });
}

/** People, channels or conversations (those that the element's filter names), listed from the workspace itself. */
function listSelect(spec, context) {
  const { store } = context;
  const multiple = spec.type.startsWith("multi_");
  const field = context.form.field(context.blockId, spec);
  const people = [...store.users.values()].map((u) => ({ key: u.id, text: store.name(u.id), label: () => [store.name(u.id)] }));
  const channels = store.publicChannels().map((c) => ({ key: c.id, text: `#${c.name}`, label: () => [`#${c.name}`] }));
  const kinds = spec.filter?.include ?? ["public", "im"];
  const conversations = [
    ...(kinds.includes("public") ? channels : []),
    ...(kinds.includes("im") ? people.filter((p) => p.key !== store.bot.user_id) : []),
  ];
  const options = spec.type.includes("users") ? people : spec.type.includes("channels") ? channels : conversations;
  const value = field.get();
  return select(spec, context, {
    groups: [{ options }], multiple, selected: multiple ? value : value ? [value] : [],
    choose: (control, keys) => changed(control, spec, context, field, multiple ? keys : keys[0]),
  });
}

function select(spec, context, { groups, selected, multiple, choose }) {
  const control = picker({
    key: keyOf(spec, context), label: labelOf(spec, context, "Select"), groups, selected, multiple,
    placeholder: spec.placeholder?.text ?? "Select an item", max: spec.max_selected_items,
    choose: (keys) => choose(control, keys),
  });
  return control;
}

function overflow(spec, context) {
  const control = h("button.button.overflow", {
    type: "button", "aria-label": labelOf(spec, context, "More actions"), "aria-haspopup": "menu", "aria-expanded": "false",
    "data-key": keyOf(spec, context),
    onclick: () => openMenu(control, spec.options.map((option) => ({
      label: plainText(option.text.text),
      description: option.description?.text,
      run: () => {
        if (option.url && /^https?:/i.test(option.url)) window.open(option.url, "_blank", "noopener");
        report(control, spec, context, { type: "overflow", selected_option: option });
      },
    })), { label: "More actions" }),
  }, icon("more"));
  return control;
}

/** Radio buttons and checkboxes. */
function choices(spec, context) {
  const multiple = spec.type === "checkboxes";
  const field = context.form.field(context.blockId, spec);
  const isChosen = (option) => multiple
    ? field.get().some((o) => o.value === option.value)
    : field.get()?.value === option.value;
  const group = h("div.choices", { role: multiple ? "group" : "radiogroup", "aria-label": labelOf(spec, context, "Options") },
    spec.options.map((option, i) => {
      const input = h("input", {
        type: multiple ? "checkbox" : "radio", name: `${context.scope}/${keyOf(spec, context)}`, checked: isChosen(option),
        "data-key": `${keyOf(spec, context)}/${i}`,
        onchange: () => {
          const others = multiple ? field.get().filter((o) => o.value !== option.value) : [];
          changed(group, spec, context, field, multiple ? (input.checked ? [...others, option] : others) : option);
        },
      });
      return h("label.choice", {}, input, h("span", {}, textObject(option.text, context.store),
        option.description && h("small", {}, option.description.type === "mrkdwn" ? mrkdwn(option.description.text, context.store) : plainText(option.description.text))));
    }));
  return group;
}

/** Text, number, address, date and time inputs on the browser's own controls. */
function input(spec, context) {
  const field = context.form.field(context.blockId, spec);
  const kind = INPUTS[spec.type];
  const on = spec.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  const typed = kind === "text" || kind === "email" || kind === "url" || kind === "number";
  const control = h(spec.multiline ? "textarea.input" : "input.input", {
    ...(spec.multiline ? { rows: 4 } : { type: kind, step: spec.is_decimal_allowed ? "any" : null }),
    "aria-label": labelOf(spec, context, "Text"), "data-key": keyOf(spec, context), value: shownValue(spec, field.get()),
    placeholder: spec.placeholder?.text, maxlength: spec.max_length, min: spec.min_value, max: spec.max_value, autocomplete: "off",
    oninput: () => {
      field.set(keptValue(spec, control.value));
      if (typed && context.dispatch && on.includes("on_character_entered")) changed(control, spec, context, field, field.get());
    },
    onchange: () => { if (!typed) changed(control, spec, context, field, field.get()); },
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.isComposing || spec.multiline || !typed) return;
      if (context.dispatch && on.includes("on_enter_pressed")) changed(control, spec, context, field, field.get());
    },
  });
  return control;
}

const shownValue = (spec, value) =>
  value === null || value === undefined ? "" : spec.type === "datetimepicker" ? localMinutes(value) : String(value);

const keptValue = (spec, text) =>
  text === "" ? null : spec.type === "datetimepicker" ? Math.floor(new Date(text).getTime() / 1000) : text;

/** Unix seconds as a value of <input type="datetime-local">. */
function localMinutes(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const INPUTS = {
  plain_text_input: "text",
  number_input: "number",
  email_text_input: "email",
  url_text_input: "url",
  datepicker: "date",
  timepicker: "time",
  datetimepicker: "datetime-local",
};

const RENDERERS = {
  button,
  overflow,
  static_select: staticSelect,
  multi_static_select: staticSelect,
  radio_buttons: choices,
  checkboxes: choices,
  ...Object.fromEntries(Object.keys(INPUTS).map((type) => [type, input])),
  ...Object.fromEntries(["users", "channels", "conversations"].flatMap((list) =>
    [`${list}_select`, `multi_${list}_select`].filter((type) => isField({ type })).map((type) => [type, listSelect]))),
};
